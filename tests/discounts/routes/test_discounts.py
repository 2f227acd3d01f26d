"""The API of discounts: create, list, read, change and delete."""

from __future__ import annotations

from typing import Any

from chalicelib.discounts.models import Discount, DiscountChange, DiscountName, UsageJournal
from chalicelib.discounts.repository import discount_changes
from chalicelib.kit import ids
from tests.discounts.conftest import NewShop
from tests.discounts.merchants import DiscountShop, discount_body

GID = "gid://shopify/ProductVariant/4101"


def names_of(shop: str) -> set[str]:
    """Return the names in force and the former names, without their times."""
    return {row.name.partition("#")[0] + ("#" if row.until else "") for row in DiscountName.query(shop)}


def problem_paths(response: Any) -> set[str]:
    return {error["path"] for error in response.json()["errors"]}


def test_a_created_discount_can_be_read(discount_shop: DiscountShop) -> None:
    created = discount_shop.add(
        title="  Mugs  ",
        discount_code=" MUGS10 ",
        skus=["MUG-1", " mug-1", GID],
        overrides={GID: {"value_type": "fixed_price", "value": "7.50"}},
        usage_limit=5,
        ends_at="2999-01-01T00:00:00Z",
    )
    assert (created["title"], created["discount_code"]) == ("Mugs", "MUGS10")
    assert created["skus"] == ["MUG-1", " mug-1", GID]  # exact
    assert created["overrides"] == {GID: {"value_type": "fixed_price", "value": "7.5"}}
    assert (created["status"], created["publication"], created["version"]) == ("active", "pending", 1)
    response = discount_shop.merchant("GET", f"discounts/{created['discount_id']}")
    assert response.json() == created
    assert response.headers["etag"] == '"1"'
    assert discount_shop.merchant("GET", "discounts").json()["items"] == [created]


def test_a_repeated_idempotency_key_creates_one_discount(discount_shop: DiscountShop) -> None:
    body = discount_body()
    first, second = (discount_shop.merchant("POST", "discounts", body, Idempotency_Key="k") for _ in range(2))
    assert first.json() == second.json()
    assert len(discount_shop.merchant("GET", "discounts").json()["items"]) == 1


def test_names_are_unique_whatever_the_case_of_their_letters(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(title="Straße", discount_code="ÉTÉ")
    for fields, path in ({"title": "STRASSE"}, "body.title"), ({"discount_code": "été"}, "body.discount_code"):
        response = discount_shop.merchant("POST", "discounts", discount_body(**fields))
        assert (response.status_code, response.json()["code"]) == (409, "NameTaken")
        assert problem_paths(response) == {path}
    other = discount_shop.add()
    assert discount_shop.change(other, title="strasse").json()["code"] == "NameTaken"
    assert discount_shop.change(discount, title="STRASSE").json()["title"] == "STRASSE"


def test_two_shops_may_have_the_same_names(discount_shop: DiscountShop, new_discount_shop: NewShop) -> None:
    for shop in (discount_shop, new_discount_shop()):
        shop.add(title="Sale", discount_code="SALE")


def test_a_former_name_is_kept_and_free(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(title="Spring", discount_code="SPRING")
    changed = discount_shop.changed(discount, title="Summer", discount_code=None)
    assert changed["version"] == 2
    expected = {"code:spring#", "title:spring#", "title:summer", "sku:MUG-1"}
    assert names_of(discount_shop.shop) == expected
    again = discount_shop.add(title="Spring", discount_code="spring", skus=["B"])
    discount_shop.remove(again)
    assert names_of(discount_shop.shop) == expected
    former = [row for row in DiscountName.query(discount_shop.shop) if row.until]
    assert len(former) == 4
    assert all(row.expires_epoch.date() == (row.until + DiscountName.KEEP).date() for row in former)


def test_changed_items_move_their_names(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(title="t", skus=["A", "B", GID])
    discount_shop.changed(discount, skus=["B", "C"])
    assert names_of(discount_shop.shop) == {"title:t", "sku:B", "sku:C"}


def test_a_change_needs_the_version_that_it_changes(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add()
    path = f"discounts/{discount['discount_id']}"
    for method, body in ("PUT", {"value": "20"}), ("DELETE", None):
        assert discount_shop.merchant(method, path, body).status_code == 428
    discount_shop.changed(discount, value="20")
    assert discount_shop.change(discount, value="30").json()["code"] == "VersionMismatch"
    assert discount_shop.merchant("DELETE", path, If_Match='"1"').status_code == 412
    assert discount_shop.get(discount["discount_id"])["value"] == "20"


def test_a_change_without_a_difference_writes_nothing(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(value="10.00", starts_at="2026-01-01T00:00:00Z")
    assert discount_shop.changed(discount, value="10", starts_at="2026-01-01T01:00:00+01:00") == discount


def test_a_deleted_discount_leaves_the_list_and_keeps_its_row(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add()
    discount_shop.remove(discount)
    path = f"discounts/{discount['discount_id']}"
    assert discount_shop.merchant("GET", path).json()["code"] == "DiscountNotFound"
    assert discount_shop.merchant("DELETE", path, If_Match='"2"').status_code == 404
    assert discount_shop.merchant("GET", "discounts").json()["items"] == []
    row = Discount.get(discount_shop.shop, discount["discount_id"])
    assert row.version == 2
    assert row.live is None
    assert row.deleted_at is not None


def test_the_history_names_what_changed(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(skus=["A", "B"])
    discount = discount_shop.changed(discount, value="20", skus=["B", "C"])
    discount_shop.remove(discount)
    rows = discount_changes.list_by_discount(discount_shop.shop, discount["discount_id"])
    assert [row.version for row in rows] == [3, 2, 1]
    assert discount_changes.load_change(rows[1]) == ({"value": "10", "skus": ["A"]}, {"value": "20", "skus": ["C"]})
    assert rows[0].after.keys() == {"deleted_at"}
    assert {row.changed_by for row in rows} == {"1"}


def test_a_large_change_is_stored_in_an_object(discount_shop: DiscountShop) -> None:
    skus = [f"SKU-{number:04}" for number in range(600)]
    discount = discount_shop.add(skus=skus)
    [row] = discount_changes.list_by_discount(discount_shop.shop, discount["discount_id"])
    assert str(row.after).startswith("s3://")
    assert f"/changes/{discount_shop.shop}/" in str(row.after)
    assert discount_changes.load_change(row)[1]["skus"] == skus
    stored = DiscountChange.get(f"{discount_shop.shop}#{discount['discount_id']}", 1)
    assert len(str(stored.after)) < 300


def test_a_test_freezes_value_items_and_window(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add(title="before")
    row = Discount.get(discount_shop.shop, discount["discount_id"])
    row.update([Discount.ab_test_id.set(ids.new())])
    for fields in ({"value": "20"}, {"skus": ["X"]}, {"ends_at": "2999-01-01T00:00:00Z"}, {"minimum_quantity": 2}):
        assert discount_shop.change(discount, **fields).json()["code"] == "TestRunning"
    assert discount_shop.merchant("DELETE", f"discounts/{row.discount_id}", If_Match='"1"').status_code == 409
    assert discount_shop.change(discount, title="after").status_code == 200


def test_the_list_shows_one_status_and_its_pages(discount_shop: DiscountShop) -> None:
    discounts = [discount_shop.add(is_active=number % 2 == 0) for number in range(5)]
    first = discount_shop.merchant("GET", "discounts?limit=3").json()
    rest = discount_shop.merchant("GET", f"discounts?limit=3&cursor={first['next_cursor']}").json()
    assert [*first["items"], *rest["items"]] == discounts
    assert rest["next_cursor"] is None
    paused = discount_shop.merchant("GET", "discounts?status=paused").json()["items"]
    assert paused == [discounts[1], discounts[3]]
    assert discount_shop.merchant("GET", "discounts?status=unknown").status_code == 422


def test_a_shop_has_at_most_500_live_discounts(discount_shop: DiscountShop) -> None:
    discount = discount_shop.add()
    UsageJournal(discount_shop.shop).update([UsageJournal.live_discounts.set(500)])
    response = discount_shop.merchant("POST", "discounts", discount_body())
    assert (response.status_code, response.json()["code"]) == (409, "LimitReached")
    discount_shop.remove(discount)
    discount_shop.add()


def test_a_discount_that_shopify_cannot_read_is_refused_with_its_bytes(discount_shop: DiscountShop) -> None:
    response = discount_shop.merchant("POST", "discounts", discount_body(skus=[f"S{n:05}" for n in range(10_000)]))
    assert (response.status_code, response.json()["code"]) == (422, "DiscountTooLarge")
    # 11 bytes an item, 75 around them
    assert "100075 bytes" in response.json()["detail"]


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"value": "0"}, "body.value"),
    ({"value": "-1"}, "body.value"),
    ({"value": "100.01"}, "body.value"),
    ({"value": "1.001"}, "body.value"),
    ({"value": "1e1000000000"}, "body.value"),
    ({"value": "NaN"}, "body.value"),
    ({"value": "Infinity"}, "body.value"),
    ({"value_type": "fixed_amount", "value": "0"}, "body.value"),
    ({"value_type": "fixed_price", "value": "0.001"}, "body.value"),
    ({"value_type": "free"}, "body.value_type"),
    ({"skus": []}, "body.skus"),
    ({"skus": ["A", "A"]}, "body.skus.1"),
    ({"skus": ["A\x00"]}, "body.skus.0"),
    ({"skus": [""]}, "body.skus.0"),
    ({"skus": ["x" * 256]}, "body.skus.0"),
    ({"skus": ["🙂" * 250]}, "body.skus.0"),
    ({"skus": ["gid://shopify/Product/1"]}, "body.skus.0"),
    ({"skus": ["gid://shopify/ProductVariant/٣"]}, "body.skus.0"),
    ({"overrides": {"B": {"value_type": "percentage", "value": "1"}}}, "body.overrides.B"),
    ({"overrides": {"MUG-1": {"value_type": "percentage", "value": "0"}}}, "body.overrides.MUG-1.value"),
    ({"title": " "}, "body.title"),
    ({"title": "a\tb"}, "body.title"),
    ({"title": "🙂" * 250}, "body.title"),
    ({"discount_code": "x" * 256}, "body.discount_code"),
    ({"discount_code": "\x7f"}, "body.discount_code"),
    ({"usage_limit": 5}, "body.usage_limit"),
    ({"usage_limit": 0, "discount_code": "A"}, "body.usage_limit"),
    ({"once_per_customer": True}, "body.once_per_customer"),
    ({"minimum_quantity": 0}, "body.minimum_quantity"),
    ({"combines_with": {"product": True, "tags": ["vip"]}}, "body.combines_with.tags"),
    ({"starts_at": "2026-02-01", "ends_at": "2026-02-01"}, "body.ends_at"),
    ({"ends_at": "0001-01-01T00:00:00+14:00"}, "body.ends_at"),
    ({"starts_at": "tomorrow"}, "body.starts_at"),
    ({"sku": "A"}, "body.sku"),
]


def test_invalid_terms_are_refused_by_field(discount_shop: DiscountShop) -> None:
    for fields, path in INVALID:
        response = discount_shop.merchant("POST", "discounts", discount_body(**fields))
        assert response.status_code == 422, response.text
        assert problem_paths(response) == {path}
    assert list(DiscountName.query(discount_shop.shop)) == []


def test_decimals_follow_the_currency_and_tags_the_plan(new_discount_shop: NewShop) -> None:
    yen, dinar = new_discount_shop(currency="JPY"), new_discount_shop(currency="KWD", plan_name="Plus")
    body = discount_body(value_type="fixed_price", value="1.5")
    assert problem_paths(yen.merchant("POST", "discounts", body)) == {"body.value"}
    dinar.add(value_type="fixed_price", value="1.505", combines_with={"product": True, "tags": ["vip"]})
    needs_product = dinar.merchant("POST", "discounts", discount_body(combines_with={"tags": ["vip"]}))
    assert problem_paths(needs_product) == {"body.combines_with.tags"}


def test_times_without_an_offset_are_in_the_shops_zone(new_discount_shop: NewShop) -> None:
    berlin = new_discount_shop(iana_timezone="Europe/Berlin")
    discount = berlin.add(starts_at="2026-03-29T02:30", ends_at="2026-10-25T02:30")
    assert discount["starts_at"] == "2026-03-29T01:30:00.000000Z"  # skipped: 03:30 in Berlin
    assert discount["ends_at"] == "2026-10-25T00:30:00.000000Z"  # twice: the first


def test_support_can_list_the_discounts_of_a_shop(discount_shop: DiscountShop, support_headers: dict[str, str]) -> None:
    discount = discount_shop.add()
    response = discount_shop.api.get(f"/v1/operator/discounts/{discount_shop.shop}", headers=support_headers)
    assert [item["discount_id"] for item in response.json()["items"]] == [discount["discount_id"]]


def test_the_studio_has_no_access(discount_shop: DiscountShop) -> None:
    token = discount_shop.shopify.session_token("studio", discount_shop.shop)
    response = discount_shop.api.get("/v1/discounts/discounts", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (403, "WrongApp")
