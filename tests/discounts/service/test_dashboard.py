"""The dashboard: its figures, its cache and its reads."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from chalicelib.discounts.models import DailyDiscountUsage
from chalicelib.discounts.schemas.dashboard import DashboardQuery
from chalicelib.discounts.service import dashboard
from chalicelib.kit import aws
from tests.discounts.conftest import NewShop
from tests.discounts.figure_factories import add_discount, ago, save_all, shop_days, today, usage_day
from tests.discounts.merchants import DiscountShop


def seed(shop: str, days: int, keys: int, seed_number: int = 1) -> list[DailyDiscountUsage]:
    """Store rows of usage of the last days, and those that belong to them; some rows have no use left."""
    numbers = random.Random(seed_number)
    rows = [
        usage_day(shop, ago(number), (f"d{key % 7}", f"SKU-{key}"), numbers.randrange(4))
        for number in range(days)
        for key in range(keys)
    ]
    save_all([*rows, *shop_days(shop, rows)])
    return rows


@pytest.mark.parametrize("days", [7, 30, 90])
def test_the_dashboard_equals_a_recount(discount_shop: DiscountShop, days: int) -> None:
    rows = seed(discount_shop.shop, 95, 12)
    add_discount(discount_shop.shop, "d3", "<b>Mugs</b>", discount_code="MUGS")
    read = discount_shop.merchant("GET", f"dashboard?days={days}").json()
    used = [row for row in rows if row.times_used and row.date > ago(days)]
    assert (read["days"], read["currency"], read["stores"]) == (days, "USD", [discount_shop.shop])
    assert read["total_discounts"] == len({row.discount_id for row in used})
    assert read["unique_skus"] == len({row.sku for row in used})
    assert read["orders"] == read["total_uses"] == sum(row.times_used for row in used)
    assert Decimal(read["total_savings"]) == sum(row.discount_amount for row in used)
    assert Decimal(read["revenue_after_discount"]) == sum(row.revenue_after_discount for row in used)
    assert [day["date"] for day in read["trend"]] == [ago(number).isoformat() for number in reversed(range(days))]
    assert sum(day["uses"] for day in read["trend"]) == read["total_uses"]
    assert len(read["top_skus"]) == 10
    savings = [Decimal(each["savings"]) for each in read["top_skus"]]
    assert savings == sorted(savings, reverse=True)
    titles = {each["discount_id"]: (each["title"], each["discount_code"]) for each in read["top_discounts"]}
    assert titles["d3"] == ("<b>Mugs</b>", "MUGS")


def test_a_shop_without_uses_has_empty_figures(discount_shop: DiscountShop) -> None:
    read = discount_shop.merchant("GET", "dashboard?days=7").json()
    assert (read["currency"], read["total_uses"], read["total_savings"], read["top_skus"]) == ("USD", 0, "0", [])
    assert [day["uses"] for day in read["trend"]] == [0] * 7
    assert read["other_currencies"] == []


def test_other_currencies_are_shown_apart(discount_shop: DiscountShop) -> None:
    rows = [usage_day(discount_shop.shop, today(), ("d", "A"), 2)]
    rows += [usage_day(discount_shop.shop, today(), ("d", "A"), 3, currency="EUR")]
    save_all([*rows, *shop_days(discount_shop.shop, rows)])
    read = discount_shop.merchant("GET", "dashboard").json()
    assert (read["currency"], read["total_uses"]) == ("USD", 2)
    [other] = read["other_currencies"]
    assert (other["currency"], other["total_uses"], other["total_savings"]) == ("EUR", 3, "6")


def test_fifty_requests_on_a_cold_cache_compute_once(
    discount_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(discount_shop.shop, 2, 3)
    runs: list[str] = []
    compute = dashboard.compute_figures

    def counted(shop: str, days: int) -> dashboard.StoreFigures:
        runs.append(shop)
        return compute(shop, days)

    monkeypatch.setattr(dashboard, "compute_figures", counted)
    query = DashboardQuery(days="7")
    with ThreadPoolExecutor(50) as pool:
        reads = list(pool.map(lambda _: dashboard.read_dashboard(discount_shop.shop, query), range(50)))
    assert runs == [discount_shop.shop]
    assert len({read.model_dump_json() for read in reads}) == 1


def test_reads_are_counted(discount_shop: DiscountShop) -> None:
    """200 discounts of SKUs in 30 days cost at most five pages of queries; a cached dashboard costs one read."""
    seed(discount_shop.shop, 30, 200)
    calls: list[str] = []
    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="dashboard")
    try:
        first = dashboard.read_dashboard(discount_shop.shop, DashboardQuery())
        cold, calls[:] = list(calls), []
        assert dashboard.read_dashboard(discount_shop.shop, DashboardQuery()) == first
    finally:
        events.unregister("before-call.dynamodb", unique_id="dashboard")
    assert cold.count("Query") <= 5
    assert calls == ["GetItem"]


def test_a_group_shows_the_sums_of_its_stores(new_discount_shop: NewShop) -> None:
    first, second, other = new_discount_shop(), new_discount_shop(), new_discount_shop(currency="EUR")
    for number, store in enumerate((first, second, other), start=1):
        currency = "EUR" if store is other else "USD"
        row = usage_day(store.shop, today(), ("d", "A"), number)
        [of_shop] = shop_days(store.shop, [row])
        row.currency = of_shop.currency = currency
        save_all([row, of_shop])
    for store in (second, other):
        code = first.merchant("POST", "stores", {"action": "invite"}).json()["invitation"]["code"]
        assert store.merchant("POST", "stores", {"action": "join", "code": code}).status_code == 200
    read = first.merchant("GET", "dashboard?stores=all").json()
    assert read["stores"] == [first.shop, second.shop, other.shop]
    assert (read["currency"], read["total_uses"], read["unique_skus"]) == ("USD", 3, 2)
    assert [(each["currency"], each["total_uses"]) for each in read["other_currencies"]] == [("EUR", 3)]
    assert {each["shop"] for each in read["top_skus"]} == {first.shop, second.shop}
    assert first.merchant("GET", "dashboard?stores=me").json()["total_uses"] == 1
    assert second.merchant("POST", "stores", {"action": "leave"}).status_code == 200
    assert first.merchant("GET", "dashboard?stores=all").json()["total_uses"] == 1
    assert second.merchant("GET", "dashboard?stores=all").json()["stores"] == [second.shop]
