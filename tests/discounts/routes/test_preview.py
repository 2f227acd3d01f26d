"""The preview of a cart."""

from __future__ import annotations

from typing import Any

from infra.bench.round_trips import metered
from tests.discounts.conftest import NewShop
from tests.discounts.merchants import DiscountShop, Json, discount_body


def preview(shop: DiscountShop, lines: list[Json], **fields: Any) -> Json:
    response = shop.merchant("POST", "preview", {"lines": lines, **fields})
    assert response.status_code == 200, response.text
    body: Json = response.json()
    return body


def line(sku: str = "MUG-1", price: str = "19.99", quantity: int = 1, **fields: Any) -> Json:
    return {"sku": sku, "unit_price": price, "quantity": quantity, **fields}


def test_a_cart_shows_each_lines_best_discount_and_why_others_give_nothing(discount_shop: DiscountShop) -> None:
    gid = "gid://shopify/ProductVariant/7"
    combines = {"combines_with": {"product": True}}
    ten = discount_shop.add(skus=["MUG-1", gid], **combines)["discount_id"]
    fifth = discount_shop.add(value="20", skus=[gid], discount_code="FIFTH", **combines)["discount_id"]
    none = discount_shop.add(skus=["OTHER"], **combines)["discount_id"]
    lines = [line(quantity=3), line("PEN", "10.00", variant_id=gid), line("BOX", "5.00")]
    body = preview(discount_shop, lines, codes=["fifth", "unknown"])
    assert body["lines"] == [
        {"before": "59.97", "amount": "6.00", "after": "53.97", "discount_id": ten},
        {"before": "10.00", "amount": "2.00", "after": "8.00", "discount_id": fifth},
        {"before": "5.00", "amount": "0.00", "after": "5.00", "discount_id": None},
    ]
    assert (body["total_before"], body["total_discount"], body["total_after"]) == ("74.97", "8.00", "66.97")
    assert body["left_out"] == [
        {"discount_id": none, "reason": "no_matching_item"},
        {"discount_id": None, "reason": "unknown_code"},
    ]


def test_a_draft_is_previewed_and_not_stored(discount_shop: DiscountShop) -> None:
    saved = discount_shop.add()
    draft = discount_body(value="50")
    assert preview(discount_shop, [line()], draft=draft)["lines"][0]["discount_id"] == "draft"
    replaced = preview(discount_shop, [line()], draft={**draft, "discount_id": saved["discount_id"]})
    assert replaced["lines"][0] == {
        "before": "19.99",
        "amount": "10.00",
        "after": "9.99",
        "discount_id": saved["discount_id"],
    }
    with metered() as meter:
        preview(discount_shop, [line()], draft=draft)
    assert meter.cost.writes == 0
    assert meter.cost.sends <= 1  # the use of the feature
    assert discount_shop.merchant("GET", "discounts").json()["items"] == [saved]


def test_money_is_in_the_carts_currency(new_discount_shop: NewShop) -> None:
    shop = new_discount_shop(currency="EUR")
    shop.add(value_type="fixed_amount", value="1.50")
    body = preview(shop, [line(price="1000")], currency="JPY", rate="160.333")
    assert body["lines"][0]["amount"] == "240"  # 240.4995


def test_invalid_carts_are_refused_by_field(discount_shop: DiscountShop) -> None:
    cases: list[tuple[Json, str]] = [
        ({"lines": []}, "body.lines"),
        ({"lines": [line()] * 201}, "body.lines"),
        ({"lines": [line(price="NaN")]}, "body.lines.0.unit_price"),
        ({"lines": [line(price="1e1000000000")]}, "body.lines.0.unit_price"),
        ({"lines": [line(quantity=0)]}, "body.lines.0.quantity"),
        ({"lines": [line()], "currency": "euro"}, "body.currency"),
        ({"lines": [line()], "rate": "0"}, "body.rate"),
        ({"lines": [line()], "draft": discount_body(value="101")}, "body.draft.value"),
        ({"lines": [line()], "draft": discount_body(skus=["A", "A"])}, "body.draft.skus.1"),
    ]
    for body, path in cases:
        response = discount_shop.merchant("POST", "preview", body)
        assert response.status_code == 422, response.text
        assert {error["path"] for error in response.json()["errors"]} == {path}
    assert len(preview(discount_shop, [line()] * 200)["lines"]) == 200
