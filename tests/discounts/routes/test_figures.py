"""Lists of figures and the search, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.discounts.enums import CustomerSegment
from chalicelib.discounts.models import DiscountName
from chalicelib.kit import aws, clock
from tests.discounts.figure_factories import (
    add_discount,
    ago,
    all_items,
    customer,
    product,
    save_all,
    shop_days,
    sku_usage,
    stock_day,
    today,
    usage_day,
)
from tests.discounts.merchants import DiscountShop


def test_usage_of_the_whole_life_is_filtered_by_discount_and_sku(discount_shop: DiscountShop) -> None:
    shop = discount_shop.shop
    save_all(sku_usage(shop, discount_id, sku) for discount_id in ("d1", "d10", "d2") for sku in ("A", "A#1", "B"))
    save_all([sku_usage("other.myshopify.com", "d1", "A")])

    def keys(**query: str) -> list[tuple[str, str]]:
        items = all_items(discount_shop.merchant, "figures/skus", 2, **query)
        return [(item["discount_id"], item["sku"]) for item in items]

    assert len(keys()) == 9
    assert keys(discount_id="d1") == [("d1", "A"), ("d1", "A#1"), ("d1", "B")]
    assert sorted(keys(sku="A")) == [("d1", "A"), ("d10", "A"), ("d2", "A")]
    assert keys(sku="A", discount_id="d2") == [("d2", "A")]
    assert keys(sku="C") == []


def test_usage_by_day_crosses_months_newest_first(discount_shop: DiscountShop) -> None:
    shop = discount_shop.shop
    rows = [usage_day(shop, ago(number), ("d", sku)) for number in range(0, 75, 5) for sku in ("A", "B")]
    old = usage_day(shop, ago(130), ("d", "A"))
    save_all([*rows, old])
    items = all_items(discount_shop.merchant, "figures/skus", limit=3, from_=ago(399).isoformat())
    assert [(item["date"], item["sku"]) for item in items] == [
        (row.date.isoformat(), row.sku) for row in sorted(rows, key=lambda row: (row.date, row.sku), reverse=True)
    ]
    some = all_items(discount_shop.merchant, "figures/skus", from_=ago(40).isoformat(), to=ago(20).isoformat(), sku="B")
    assert [item["date"] for item in some] == [ago(number).isoformat() for number in (20, 25, 30, 35, 40)]
    assert all_items(discount_shop.merchant, "figures/skus", from_=ago(40).isoformat(), discount_id="x") == []


def test_days_are_listed_newest_first(discount_shop: DiscountShop) -> None:
    rows = [usage_day(discount_shop.shop, ago(number), ("d", "A"), 2) for number in range(40)]
    save_all(shop_days(discount_shop.shop, rows))
    items = all_items(discount_shop.merchant, "figures/days", limit=7)
    assert [item["date"] for item in items] == [ago(number).isoformat() for number in range(30)]
    assert items[0] == {
        "date": today().isoformat(),
        "total_discounts_used": 2,
        "total_revenue_impact": "16",
        "total_savings": "4",
        "unique_customers": 0,
        "orders": 3,
        "orders_with_discount": 2,
        "currency": "USD",
    }


def test_products_customers_and_stock_are_listed(discount_shop: DiscountShop) -> None:
    shop = discount_shop.shop
    save_all(product(shop, f"SKU-{number}", revenue_with_discount=Decimal(number)) for number in range(5))
    segments = [CustomerSegment.VIP, CustomerSegment.NEW, CustomerSegment.VIP, None, CustomerSegment.VIP]
    save_all(customer(shop, number, segment) for number, segment in enumerate(segments))
    save_all(stock_day(shop, "SKU-1", ago(number), ending_inventory=number) for number in range(4))
    save_all([stock_day(shop, "SKU-2", today())])
    items = all_items(discount_shop.merchant, "figures/products")
    assert [item["sku"] for item in items] == [f"SKU-{number}" for number in range(5)]
    [item] = all_items(discount_shop.merchant, "figures/products", sku="SKU-3")
    assert item["revenue_with_discount"] == "3"
    assert len(all_items(discount_shop.merchant, "figures/customers")) == 5
    vip = all_items(discount_shop.merchant, "figures/customers", segment="vip")
    assert [item["customer_id"] for item in vip] == [f"gid://shopify/Customer/{number}" for number in (0, 2, 4)]
    assert "uses" not in vip[0]
    stock = all_items(discount_shop.merchant, "figures/inventory", sku="SKU-1")
    assert [item["ending_inventory"] for item in stock] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("figures/inventory", "sku"),
        ("figures/days?sku=A", "sku"),
        ("figures/customers?segment=gold", "segment"),
        ("figures/customers?from=2026-01-01", "from"),
        ("figures/skus?from=2026-13-01", "from"),
        ("figures/skus?from=0001-01-01", "from"),
        ("figures/days?from=2026-02-02&to=2026-02-01", ""),
        ("figures/days?from=2025-01-01&to=2026-03-01", ""),
        ("figures/days?from=2000-01-01", "from"),
        ("figures/skus?from=2000-01-01", "from"),
        ("figures/inventory?sku=A&from=2000-01-01", "from"),
        ("figures/products?cursor=x", "cursor"),
        ("dashboard?days=8", "days"),
        ("dashboard?stores=others", "stores"),
        ("search", "q"),
        ("search?q=x", "q"),
        ("search?q=%20x%20", "q"),
    ],
)
def test_a_wrong_query_names_its_field(discount_shop: DiscountShop, path: str, field: str) -> None:
    response = discount_shop.merchant("GET", path)
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert error["path"] == (f"query.{field}" if field else "query")


def found(discount_shop: DiscountShop, text: str) -> list[tuple[str, str, str]]:
    items: list[dict[str, Any]] = discount_shop.merchant("GET", f"search?q={text}").json()["items"]
    return [(item["kind"], item["name"], item["discount_id"]) for item in items]


def test_the_search_finds_codes_titles_and_skus(discount_shop: DiscountShop) -> None:
    shop = discount_shop.shop
    add_discount(shop, "d1", "Spring sale", "MUG-1", "mug-2", discount_code="SPRING10")
    add_discount(shop, "d2", "<script>alert(1)</script>", "MUG-1", "SPR#1")
    add_discount(shop, "d3", "Spring gone", "MUG-1", live=None, deleted_at=clock.now())
    add_discount("other.myshopify.com", "d4", "Spring elsewhere")
    assert found(discount_shop, "spr") == [("code", "SPRING10", "d1"), ("title", "Spring sale", "d1")]
    assert found(discount_shop, "SPR%23") == [("sku", "SPR#1", "d2")]
    assert found(discount_shop, "MUG") == [("sku", "MUG-1", "d1"), ("sku", "MUG-1", "d2")]
    assert found(discount_shop, "%3Cscript") == [("title", "<script>alert(1)</script>", "d2")]
    assert found(discount_shop, "pring") == []


def test_the_search_leaves_out_former_names_and_items(discount_shop: DiscountShop) -> None:
    """A name of an item is written before its discount, and may be left behind by a crash."""
    shop, now = discount_shop.shop, clock.now()
    add_discount(shop, "d1", "Winter", "A-1")
    kind = DiscountName.get(shop, "title:winter").kind
    for number in range(15):
        until = now - timedelta(days=number)
        name = f"title:wint#{clock.iso(until)}"
        DiscountName(shop, name, discount_id="d1", kind=kind, since=until, until=until).save()
    sku_kind = DiscountName.get(shop, "sku:A-1#d1").kind
    DiscountName(shop, "sku:A-2#d1", discount_id="d1", kind=sku_kind, since=now).save()
    assert found(discount_shop, "wint") == [("title", "Winter", "d1")]
    assert found(discount_shop, "A-") == [("sku", "A-1", "d1")]


def test_the_search_is_not_hidden_by_what_a_crash_left(discount_shop: DiscountShop) -> None:
    shop, now = discount_shop.shop, clock.now()
    add_discount(shop, "d1", "Winter", "A-99")
    kind = DiscountName.get(shop, "sku:A-99#d1").kind
    for number in range(12):
        since = now - timedelta(minutes=59 if number == 11 else 61)
        owner = "d1" if number % 2 else "unsaved"
        DiscountName(shop, f"sku:A-{number:02}#{owner}", discount_id=owner, kind=kind, since=since).save()
    for _ in range(2):
        assert found(discount_shop, "A-") == [("sku", "A-99", "d1")]
    names = {each.name for each in DiscountName.query(shop, DiscountName.name.startswith("sku:"))}
    assert names == {"sku:A-99#d1", "sku:A-11#d1"}, "a name of the last hour may be of a request in progress"


def test_the_search_costs_the_same_beside_many_names(discount_shop: DiscountShop) -> None:
    add_discount(discount_shop.shop, "d1", "Needle", *[f"SKU-{number}" for number in range(200)])
    calls: list[str] = []
    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="search")
    try:
        assert len(found(discount_shop, "SKU-")) == 10
    finally:
        events.unregister("before-call.dynamodb", unique_id="search")
    assert calls.count("Query") == 3
    assert calls.count("BatchGetItem") == 1


@pytest.mark.parametrize("rows", [20, 1_000])
def test_a_page_costs_the_same_beside_any_number_of_rows(discount_shop: DiscountShop, rows: int) -> None:
    """The calls of a list's first page: one query, or one for each month that the page reaches."""
    shop = discount_shop.shop
    save_all(sku_usage(shop, "d", f"SKU-{number}") for number in range(rows))
    save_all(usage_day(shop, today(), ("d", f"SKU-{number}")) for number in range(rows))
    calls: list[str] = []
    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="page")
    try:
        for path in ("figures/skus?limit=10", f"figures/skus?limit=10&from={today().isoformat()}"):
            calls.clear()
            assert len(discount_shop.merchant("GET", path).json()["items"]) == 10
            assert calls.count("Query") == 1
            assert "BatchGetItem" not in calls
    finally:
        events.unregister("before-call.dynamodb", unique_id="page")


def test_a_filter_reads_the_days_of_other_skus_in_large_pages(discount_shop: DiscountShop) -> None:
    save_all(
        usage_day(discount_shop.shop, ago(day), ("d", f"SKU-{number}")) for day in range(10) for number in range(60)
    )
    calls: list[str] = []
    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="filter")
    try:
        path = f"figures/skus?limit=10&sku=SKU-7&from={ago(9).isoformat()}"
        assert len(discount_shop.merchant("GET", path).json()["items"]) == 10
    finally:
        events.unregister("before-call.dynamodb", unique_id="filter")
    assert calls.count("Query") <= 4, "two months, and the end of each"
