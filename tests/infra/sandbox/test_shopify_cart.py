"""The cart of the storefront: discounts, codes, marks; and the orders that are paid from it."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from infra.sandbox.shopify import ShopifySandbox
from tests.infra.sandbox.conftest import SHOP, Admin, Clock

MUG, BOWL = 501, 502
NOW = "2026-09-21T14:13:20.000000Z"
LATER = "2026-09-21T14:14:20.000000Z"


def discount(title: str, metafield: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a stored discount of the function; by default 10 % off the mug."""
    configuration = {"v": 1, "type": "percentage", "value": "10", "minimum": 1, "skus": {"MUG": 1}, "variants": {}}
    return {
        "id": f"gid://shopify/DiscountAutomaticNode/{title}",
        "kind": "automatic",
        "app": "discounts",
        "shop": SHOP,
        "title": title,
        "code": None,
        "startsAt": "2026-01-01T00:00:00.000000Z",
        "endsAt": None,
        "usageLimit": None,
        "appliesOncePerCustomer": False,
        "discountClasses": ["PRODUCT"],
        "functionHandle": "sku-discount",
        "combinesWith": {"productDiscounts": True},
        "metafields": [{"key": "sku-discount", "value": json.dumps(configuration | (metafield or {}))}],
    } | changes


@pytest.fixture
def shop_url(shopify: ShopifySandbox) -> str:
    shopify.product(
        SHOP,
        5,
        "Crockery",
        [
            {"id": MUG, "sku": "MUG", "title": "Mug", "price": "20.00"},
            {"id": BOWL, "sku": "BOWL", "title": "Bowl", "price": "35.00"},
        ],
    )
    return f"{shopify.url}/{SHOP}"


def store(shopify: ShopifySandbox, *rows: dict[str, Any]) -> None:
    shopify.restore({**shopify.snapshot(), "discounts": {row["id"]: row for row in rows}})


def fill(http: httpx2.Client, shop_url: str, **quantities: int) -> dict[str, Any]:
    items = [{"id": {"mug": MUG, "bowl": BOWL}[name], "quantity": number} for name, number in quantities.items()]
    assert http.post(f"{shop_url}/cart/add.js", json={"items": items}).status_code == 200
    return read(http, shop_url)


def read(http: httpx2.Client, shop_url: str) -> dict[str, Any]:
    cart: dict[str, Any] = http.get(f"{shop_url}/cart.js").json()
    return cart


def pay(http: httpx2.Client, shop_url: str, shopify: ShopifySandbox) -> dict[str, Any]:
    assert http.post(f"{shop_url}/cart/pay").status_code == 200
    return shopify.list_orders(SHOP)[-1]


def test_an_automatic_discount_lowers_the_cart(shopify, http, shop_url):
    store(shopify, discount("Mugs"))
    cart = fill(http, shop_url, mug=3, bowl=1)
    mug, bowl = cart["items"]
    assert (mug["original_line_price"], mug["final_line_price"]) == (6000, 5400)
    assert mug["line_level_discount_allocations"][0]["discount_application"]["title"] == "Mugs"
    assert (bowl["final_line_price"], bowl["line_level_discount_allocations"]) == (3500, [])
    assert (cart["original_total_price"], cart["total_discount"], cart["total_price"]) == (9500, 600, 8900)
    page = http.get(f"{shop_url}/cart").text
    assert "Mugs: −$6.00" in page
    assert "<span>$89.00</span>" in page


def test_the_order_has_applications_and_allocations_in_both_shapes(shopify, admin, http, shop_url):
    store(
        shopify,
        discount("Mugs", {"skus": {"MUG": ["fixed_price", "15.55"], "BOWL": 1}}),
        discount("Bowls", {"skus": {"BOWL": ["percentage", "50"]}}, code="Half"),
    )
    fill(http, shop_url, mug=2, bowl=1)
    http.post(f"{shop_url}/cart/update.js", json={"discount": "HALF", "attributes": {"_backroom_ab": "t.a.v.m"}})
    order = pay(http, shop_url, shopify)
    assert order["discount_applications"] == [
        {
            "title": "Mugs",
            "type": "automatic",
            "value": "4.45",
            "value_type": "fixed_amount",
            "allocation_method": "each",
            "target_selection": "explicit",
            "target_type": "line_item",
        },
        {
            "code": "Half",
            "type": "discount_code",
            "value": "50",
            "value_type": "percentage",
            "allocation_method": "each",
            "target_selection": "explicit",
            "target_type": "line_item",
        },
    ]
    assert order["discount_codes"] == [{"code": "Half", "amount": "17.50", "type": "fixed_amount"}]
    assert order["note_attributes"] == [{"name": "_backroom_ab", "value": "t.a.v.m"}]
    assert [line["discount_allocations"][0]["amount"] for line in order["line_items"]] == ["8.90", "17.50"]
    assert [line["discount_allocations"][0]["discount_application_index"] for line in order["line_items"]] == [0, 1]
    assert [line["sku"] for line in order["line_items"]] == ["MUG", "BOWL"]
    assert (order["total_discounts"], order["total_price"]) == ("26.40", "48.60")

    query = """query ($id: ID!) { order(id: $id) { totalPriceSet { shopMoney { amount } }
      discountApplications(first: 5) { nodes { index ... on AutomaticDiscountApplication { title }
        ... on DiscountCodeApplication { code } } }
      lineItems(first: 5) { nodes { discountAllocations { allocatedAmountSet { shopMoney { amount } }
        discountApplication { index } } } } } }"""
    node = admin.call(query, id=order["admin_graphql_api_id"])["data"]["order"]
    assert node["discountApplications"]["nodes"] == [{"index": 0, "title": "Mugs"}, {"index": 1, "code": "Half"}]
    assert node["totalPriceSet"]["shopMoney"]["amount"] == "48.60"
    assert [line["discountAllocations"] for line in node["lineItems"]["nodes"]] == [
        [{"allocatedAmountSet": {"shopMoney": {"amount": "8.90"}}, "discountApplication": {"index": 0}}],
        [{"allocatedAmountSet": {"shopMoney": {"amount": "17.50"}}, "discountApplication": {"index": 1}}],
    ]


def test_each_value_of_a_discount_is_an_application(shopify, http, shop_url):
    store(shopify, discount("All", {"skus": {"MUG": 1, "BOWL": ["percentage", "20"]}}))
    fill(http, shop_url, mug=1, bowl=1)
    order = pay(http, shop_url, shopify)
    assert [(each["title"], each["value"]) for each in order["discount_applications"]] == [("All", "10"), ("All", "20")]


@pytest.mark.parametrize(
    "changes",
    [
        {"startsAt": LATER},
        {"endsAt": NOW},
        {"functionHandle": None},
        {"discountClasses": ["ORDER"]},
        {"metafields": []},
        {"code": "MUGS"},
        {"shop": "other.myshopify.com"},
    ],
    ids=str,
)
def test_a_discount_that_is_not_in_force_gives_nothing(shopify, http, shop_url, changes):
    store(shopify, discount("Mugs", **changes))
    assert fill(http, shop_url, mug=1)["total_discount"] == 0


def test_a_discount_begins_and_ends_with_its_window(shopify, http, shop_url, clock: Clock):
    store(shopify, discount("Mugs", startsAt=NOW, endsAt=LATER))
    assert fill(http, shop_url, mug=1)["total_discount"] == 200
    clock.now += 60
    assert read(http, shop_url)["total_discount"] == 0


def test_a_code_applies_until_its_limits(shopify, http, shop_url):
    store(shopify, discount("x", code="Mugs", usageLimit=2, appliesOncePerCustomer=True))

    def buys(customer: int) -> str:
        http.get(f"{shop_url}/account/login?customer_id={customer}")
        fill(http, shop_url, mug=1)
        assert http.get(f"{shop_url}/discount/mugs").status_code == 303
        codes = read(http, shop_url)["discount_codes"]
        order = pay(http, shop_url, shopify)
        assert codes == [{"code": "mugs", "applicable": order["total_discounts"] != "0.00"}]
        assert order["customer"]["id"] == customer
        return str(order["total_discounts"])

    assert [buys(7), buys(7), buys(8), buys(9)] == ["2.00", "0.00", "2.00", "0.00"]


def test_the_code_of_the_form_replaces_earlier_ones(shopify, http, shop_url):
    store(shopify, discount("x", code="MUGS"))
    fill(http, shop_url, mug=1)
    http.post(f"{shop_url}/cart/update", data={"discount": "none, mugs", "attributes[gift]": "yes"})
    assert read(http, shop_url)["total_discount"] == 200
    assert read(http, shop_url)["attributes"] == {"gift": "yes"}
    http.post(f"{shop_url}/cart/update", data={"discount": "", "attributes[gift]": ""})
    assert read(http, shop_url)["total_discount"] == 0
    assert read(http, shop_url)["attributes"] == {}


def test_a_mark_chooses_the_value_of_the_test(shopify, http, shop_url):
    store(shopify, discount("Mugs", {"test": {"id": "t1", "b": ["percentage", "25"]}}))
    fill(http, shop_url, mug=1)
    http.post(f"{shop_url}/cart/update.js", json={"attributes": {"_backroom_ab": "t1.b.v.m"}})
    assert read(http, shop_url)["total_discount"] == 500


def test_discounts_that_do_not_combine_are_chosen_by_total(shopify, http, shop_url):
    alone = discount("Alone", {"value": "30", "skus": {"BOWL": 1}}, combinesWith={"productDiscounts": False})
    store(shopify, discount("Mugs"), alone)
    cart = fill(http, shop_url, mug=1, bowl=1)
    assert [item["final_line_price"] for item in cart["items"]] == [2000, 2450]


def test_refunds_and_edits_keep_the_discount_of_what_is_left(shopify, admin, http, shop_url):
    store(shopify, discount("Mugs", {"value": "33.33", "skus": {"MUG": ["fixed_amount", "0.01"]}}))
    fill(http, shop_url, mug=3)
    order = pay(http, shop_url, shopify)
    line = order["line_items"][0]["id"]
    assert order["total_price"] == "59.97"
    refunds = [shopify.refund_order(SHOP, order["id"], {line: 1}) for _ in range(3)]
    assert [each["refund_line_items"][0]["subtotal"] for each in refunds] == [19.99] * 3
    now = shopify.order(SHOP, order["id"])
    assert (now["financial_status"], now["current_total_price"], now["total_outstanding"]) == (
        "refunded",
        "0.00",
        "0.00",
    )

    fill(http, shop_url, mug=2)
    order = pay(http, shop_url, shopify)
    shopify.edit_order(SHOP, order["id"], quantities={order["line_items"][0]["id"]: 1})
    now = shopify.order(SHOP, order["id"])
    assert (now["current_total_price"], now["total_outstanding"]) == ("19.99", "-19.99")


def test_parts_of_a_refund_add_up(shopify):
    line = {"variant_id": 1, "product_id": 1, "quantity": 3, "price": "10.00", "discounts": [(0, "1.00")]}
    order = shopify.paid_order(SHOP, [line])
    line_id = order["line_items"][0]["id"]
    refunds = [shopify.refund_order(SHOP, order["id"], {line_id: number}) for number in (1, 2)]
    subtotals = [each["refund_line_items"][0]["subtotal_set"]["shop_money"]["amount"] for each in refunds]
    assert subtotals == ["9.67", "19.33"]
    assert shopify.order(SHOP, order["id"])["total_outstanding"] == "0.00"


def test_the_cart_is_in_the_currency_of_the_shop(shopify, admin: Admin, http, shop_url):
    shopify.set_shop(SHOP, currency="JPY")
    store(shopify, discount("Mugs", {"value": "12.5", "skus": {"MUG": 1}}))
    fill(http, shop_url, mug=1)
    order = pay(http, shop_url, shopify)
    assert order["currency"] == "JPY"
    assert order["line_items"][0]["discount_allocations"][0]["amount"] == "3"
