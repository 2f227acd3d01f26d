"""Orders after payment: cancellations, edits and refunds, in webhooks and in GraphQL."""

from typing import Any

import pytest

from infra.sandbox.shopify import ShopifySandbox
from tests.infra.sandbox.conftest import SHOP, Admin

LINES = [
    {"variant_id": 11, "product_id": 7, "quantity": 2, "price": "20.00", "properties": {"_generation": "g1"}},
    {"variant_id": 12, "product_id": 7, "quantity": 1, "price": "9.50"},
]
MONEY = "{ shopMoney { amount currencyCode } }"
ORDER = f"""query ($id: ID!) {{ order(id: $id) {{
  number email edited updatedAt cancelledAt cancelReason displayFinancialStatus
  totalPriceSet {MONEY} currentTotalPriceSet {MONEY} totalOutstandingSet {MONEY} totalRefundedSet {MONEY}
  lineItems(first: 10) {{ nodes {{ id quantity currentQuantity }} }}
  refunds {{ id createdAt note totalRefundedSet {MONEY}
    refundLineItems(first: 10) {{ nodes {{ quantity lineItem {{ id }} subtotalSet {MONEY} }} }} }}
}} }}"""


@pytest.fixture
def order(shopify: ShopifySandbox) -> Any:
    return shopify.paid_order(SHOP, LINES, customer_id=5)


def fetch_order(admin: Admin, order: Any) -> Any:
    return admin.call(ORDER, id=order["admin_graphql_api_id"])["data"]["order"]


def quantities(order: Any) -> list[tuple[int, int]]:
    return [(line["quantity"], line["current_quantity"]) for line in order["line_items"]]


def test_an_order_is_found_by_number_or_gid_in_its_shop_only(shopify, order):
    assert shopify.order(SHOP, order["id"]) == order == shopify.order(SHOP, order["admin_graphql_api_id"])
    with pytest.raises(KeyError):
        shopify.order("other.myshopify.com", order["id"])


def test_a_cancelled_order_has_no_current_lines(shopify, admin, order, clock):
    clock.now += 60
    cancellation = shopify.cancel_order(SHOP, order["id"], reason="inventory")
    assert cancellation["cancelled_at"] == cancellation["updated_at"] == "2026-09-21T14:14:20+00:00"
    assert (cancellation["cancel_reason"], cancellation["financial_status"]) == ("inventory", "paid")
    assert quantities(cancellation) == [(2, 0), (1, 0)]
    assert shopify.order(SHOP, order["id"]) == cancellation

    order_node = fetch_order(admin, order)
    assert (order_node["cancelledAt"], order_node["cancelReason"]) == ("2026-09-21T14:14:20Z", "INVENTORY")
    assert order_node["updatedAt"] == "2026-09-21T14:14:20Z"
    assert order_node["currentTotalPriceSet"]["shopMoney"]["amount"] == "0.00"
    assert order_node["totalPriceSet"]["shopMoney"]["amount"] == "49.50"
    with pytest.raises(ValueError, match="is cancelled"):
        shopify.cancel_order(SHOP, order["id"])


def test_an_unknown_cancel_reason_is_refused(shopify, order):
    with pytest.raises(ValueError, match="whim"):
        shopify.cancel_order(SHOP, order["id"], reason="whim")
    assert shopify.order(SHOP, order["id"]) == order


def test_an_edit_payload_has_the_changes_and_the_order_the_result(shopify, admin, order, clock):
    prints, frame = order["line_items"]
    clock.now += 60
    edit = shopify.edit_order(
        SHOP,
        order["id"],
        add=[{"variant_id": 13, "product_id": 8, "quantity": 3, "price": "10.00"}],
        remove=[frame["id"]],
        quantities={prints["admin_graphql_api_id"]: 1},
    )["order_edit"]
    now = shopify.order(SHOP, order["id"])
    added = now["line_items"][2]
    assert (edit["order_id"], edit["committed_at"]) == (order["id"], "2026-09-21T14:14:20+00:00")
    assert edit["line_items"] == {
        "additions": [{"id": added["id"], "delta": 3}],
        "removals": [{"id": prints["id"], "delta": 1}, {"id": frame["id"], "delta": 1}],
    }
    assert quantities(now) == [(2, 1), (1, 0), (3, 3)]
    assert (now["total_price"], now["current_total_price"], now["total_outstanding"]) == ("79.50", "50.00", "0.50")
    assert (now["financial_status"], now["updated_at"]) == ("partially_paid", edit["committed_at"])

    order_node = fetch_order(admin, order)
    assert order_node["edited"] is True
    assert order_node["displayFinancialStatus"] == "PARTIALLY_PAID"
    assert [line["currentQuantity"] for line in order_node["lineItems"]["nodes"]] == [1, 0, 3]


def test_a_larger_quantity_is_an_addition(shopify, order):
    line = order["line_items"][0]
    edit = shopify.edit_order(SHOP, order["id"], quantities={line["id"]: 5})["order_edit"]
    assert edit["line_items"] == {"additions": [{"id": line["id"], "delta": 3}], "removals": []}
    assert quantities(shopify.order(SHOP, order["id"]))[0] == (5, 5)


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"remove": [1]}, KeyError), ({"quantities": {500000000000100: -1}}, ValueError), ({"add": [{}]}, KeyError)],
)
def test_an_invalid_edit_changes_nothing(shopify, order, changes, error):
    assert order["line_items"][0]["id"] == 500000000000100
    with pytest.raises(error):
        shopify.edit_order(SHOP, order["id"], **changes)
    assert shopify.order(SHOP, order["id"]) == order


def test_a_cancelled_order_cannot_be_edited(shopify, order):
    shopify.cancel_order(SHOP, order["id"])
    with pytest.raises(ValueError, match="is cancelled"):
        shopify.edit_order(SHOP, order["id"], quantities={order["line_items"][0]["id"]: 1})


def test_an_order_is_refunded_in_parts(shopify, admin, order, clock):
    prints, frame = order["line_items"]
    clock.now += 60
    refund = shopify.refund_order(SHOP, order["id"], {prints["id"]: 1}, note="torn")
    assert (refund["order_id"], refund["note"], refund["created_at"]) == (
        order["id"],
        "torn",
        "2026-09-21T14:14:20+00:00",
    )
    item = refund["refund_line_items"][0]
    assert (item["line_item_id"], item["quantity"], item["subtotal"]) == (prints["id"], 1, 20.0)
    assert item["line_item"]["properties"] == [{"name": "_generation", "value": "g1"}]
    paid_back = refund["transactions"][0]
    assert (paid_back["amount"], paid_back["currency"]) == ("20.00", "USD")
    assert (paid_back["kind"], paid_back["status"]) == ("refund", "success")

    now = shopify.order(SHOP, order["id"])
    assert now["refunds"] == [refund]
    assert (now["financial_status"], now["current_total_price"]) == ("partially_refunded", "29.50")
    assert quantities(now) == [(2, 1), (1, 1)]
    assert fetch_order(admin, order)["displayFinancialStatus"] == "PARTIALLY_REFUNDED"

    rest = shopify.refund_order(SHOP, order["id"], {str(prints["id"]): 1, str(frame["id"]): 1})
    assert rest["id"] != refund["id"]
    order_node = fetch_order(admin, order)
    assert order_node["displayFinancialStatus"] == "REFUNDED"
    assert order_node["totalRefundedSet"]["shopMoney"] == {"amount": "49.50", "currencyCode": "USD"}
    assert order_node["totalOutstandingSet"]["shopMoney"]["amount"] == "0.00"
    assert [each["totalRefundedSet"]["shopMoney"]["amount"] for each in order_node["refunds"]] == ["20.00", "29.50"]
    assert order_node["refunds"][0]["createdAt"] == "2026-09-21T14:14:20Z"
    assert order_node["refunds"][0]["refundLineItems"]["nodes"] == [
        {
            "quantity": 1,
            "lineItem": {"id": prints["admin_graphql_api_id"]},
            "subtotalSet": {"shopMoney": {"amount": "20.00", "currencyCode": "USD"}},
        }
    ]


@pytest.mark.parametrize("number", [0, 3])
def test_a_refund_cannot_exceed_the_payment(shopify, order, number):
    with pytest.raises(ValueError, match="1 to 2"):
        shopify.refund_order(SHOP, order["id"], {order["line_items"][0]["id"]: number})
    assert shopify.order(SHOP, order["id"]) == order


def test_an_empty_refund_is_refused(shopify, order):
    with pytest.raises(ValueError, match="at least one line"):
        shopify.refund_order(SHOP, order["id"], {})
    assert shopify.order(SHOP, order["id"])["financial_status"] == "paid"


def test_a_cancelled_order_can_still_be_refunded(shopify, order):
    shopify.cancel_order(SHOP, order["id"])
    shopify.refund_order(SHOP, order["id"], {line["id"]: line["quantity"] for line in order["line_items"]})
    now = shopify.order(SHOP, order["id"])
    assert (now["financial_status"], now["total_outstanding"]) == ("refunded", "0.00")


def test_the_graphql_order_number_matches_its_name(shopify, admin, order):
    order_node = fetch_order(admin, order)
    assert (order["name"], order_node["number"], order_node["edited"]) == (
        f"#{order_node['number']}",
        order["order_number"],
        False,
    )
    assert order_node["email"] == order["email"]


def test_line_ids_are_unique_across_orders(shopify):
    orders = [shopify.paid_order(SHOP, LINES * 20) for _ in range(2)]
    ids = [line["id"] for order in orders for line in order["line_items"]]
    assert len(set(ids)) == 80


def test_payloads_are_copies(shopify, order):
    before = shopify.order(SHOP, order["id"])
    order["line_items"].clear()
    assert shopify.order(SHOP, order["id"]) == before
