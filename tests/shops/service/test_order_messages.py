"""The fields of an order's message, from a webhook and from the Admin API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import clock
from chalicelib.shops.models import WebhookDelivery
from chalicelib.shops.schemas.orders import OrderCreated, OrderUpdated, RefundCreated
from chalicelib.shops.service.order_payloads import OrderPayload
from infra.sandbox.shopify import ShopifySandbox
from tests.shops.conftest import install

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

APPLICATIONS = [
    {"type": "automatic", "title": "Mug 12.00", "target_type": "line_item"},
    {"type": "discount_code", "code": "SPRING", "target_type": "line_item"},
    {"type": "manual", "title": "Sorry", "target_type": "shipping_line"},
    {"type": "script", "title": "Old", "target_type": "line_item"},
]
LINES = [
    {
        "variant_id": 11,
        "product_id": 22,
        "quantity": 3,
        "price": "12.50",
        "title": "Mug",
        "sku": "MUG-1",
        "discounts": [(0, "1.50"), (1, "3.00")],
    },
    {"variant_id": 12, "product_id": 23, "price": "5.00", "title": "Voucher", "gift_card": True},
]
ATTRIBUTES = [
    {"name": "_backroom_ab", "value": "test.a.visitor.mac"},
    {"name": "gift_note", "value": "For Ada"},
]
ADDRESS = "shopper@example.com"
OF_A_DELIVERY = {"message_id", "triggered_at", "occurred_at", "correlation_id"}


@pytest.fixture
def discounts_shop(api: httpx2.Client, shopify: ShopifySandbox, shop: str, drain: Drain) -> str:
    """A shop with `discounts` installed."""
    assert install(api, "discounts", shop).status_code == 302
    assert drain() == []
    return shop


def order_of(shopify: ShopifySandbox, shop: str, **fields: Any) -> dict[str, Any]:
    more_lines = [{"variant_id": 100 + number, "product_id": 24, "price": "1.00"} for number in range(25)]
    many = [{"type": "automatic", "title": f"Rule {number}", "target_type": "line_item"} for number in range(60)]
    return shopify.paid_order(
        shop,
        [*LINES, *more_lines],
        discount_applications=[*APPLICATIONS, *many],
        note_attributes=ATTRIBUTES,
        **fields,
    )


def about_the_order(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message without what tells its deliveries apart."""
    return {name: value for name, value in message.items() if name not in OF_A_DELIVERY}


def test_webhooks_and_the_admin_api_give_the_same_message(
    shopify: ShopifySandbox, discounts_shop: str, drain: Drain, listen: Listen
) -> None:
    read_edits, read_updates = listen("shops-order_edited"), listen("shops-order_updated")
    order = order_of(shopify, discounts_shop)
    mug = order["line_items"][0]["id"]
    refund = shopify.refund_order(discounts_shop, order["id"], {mug: 1})
    edit = shopify.edit_order(discounts_shop, order["id"], quantities={mug: 1})
    assert shopify.deliver("discounts", discounts_shop, "orders/edited", edit).ok
    state = shopify.order(discounts_shop, order["id"])
    assert shopify.deliver("discounts", discounts_shop, "orders/updated", state).ok
    assert drain() == []
    [fetched], [received] = read_edits(), read_updates()
    assert about_the_order(fetched) == about_the_order(received)

    assert received["applications"][:4] == [
        {"index": 0, "type": "automatic", "title": "Mug 12.00", "code": None, "target_type": "line_item"},
        {"index": 1, "type": "discount_code", "title": None, "code": "SPRING", "target_type": "line_item"},
        {"index": 2, "type": "manual", "title": "Sorry", "code": None, "target_type": "shipping_line"},
        {"index": 3, "type": "script", "title": "Old", "code": None, "target_type": "line_item"},
    ]
    assert len(received["applications"]) == 64
    first, second = received["lines"][:2]
    assert first["discounts"] == [{"application": 0, "amount": "1.50"}, {"application": 1, "amount": "3.00"}]
    assert (first["sku"], first["title"], first["price"], first["gift_card"]) == ("MUG-1", "Mug", "12.50", False)
    assert (first["quantity"], first["current_quantity"]) == (3, 1)
    assert (second["sku"], second["gift_card"]) == (None, True)
    assert received["refunds"] == [
        {
            "refund_id": f"gid://shopify/Refund/{refund['id']}",
            "lines": [
                {
                    "line_item_id": f"gid://shopify/LineItem/{mug}",
                    "quantity": 1,
                    "properties": {},
                    "subtotal": "11.00",
                    "has_properties": True,
                }
            ],
        }
    ]
    assert received["attributes"] == {"_backroom_ab": "test.a.visitor.mac"}
    assert (received["test"], received["voided"], received["cancelled_at"]) == (True, False, None)
    assert clock.parse(received["updated_at"]) == clock.parse(state["updated_at"])
    assert clock.parse(received["placed_at"]) == clock.parse(order["created_at"])


@pytest.mark.parametrize("changes", [{"financial_status": "voided"}, {"cancelled_at": "2026-11-29T10:00:00+00:00"}])
def test_voided_and_cancelled_orders_are_marked_in_every_message(
    shopify: ShopifySandbox, discounts_shop: str, drain: Drain, listen: Listen, changes: dict[str, Any]
) -> None:
    read_edits, read_updates = listen("shops-order_edited"), listen("shops-order_updated")
    order = order_of(shopify, discounts_shop, **changes)
    edit = {"order_edit": {"id": 1, "order_id": order["id"]}}
    assert shopify.deliver("discounts", discounts_shop, "orders/edited", edit).ok
    assert shopify.deliver("discounts", discounts_shop, "orders/updated", order).ok
    assert drain() == []
    [fetched], [received] = read_edits(), read_updates()
    assert about_the_order(fetched) == about_the_order(received)
    assert received["voided"] is ("financial_status" in changes)
    assert (received["cancelled_at"] is not None) is ("cancelled_at" in changes)


def test_a_guest_has_the_same_pseudonym_in_every_message(
    shopify: ShopifySandbox,
    discounts_shop: str,
    drain: Drain,
    listen: Listen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the address's spelling nor the deployment's signing keys matter; another shop's guests are others."""
    read_edits, read_updates = listen("shops-order_edited"), listen("shops-order_updated")
    order = order_of(shopify, discounts_shop)
    assert shopify.deliver("discounts", discounts_shop, "orders/updated", order).ok
    monkeypatch.setenv("SIGNING_KEYS", "k9:another-key-of-many-characters")
    respelt = order | {"email": f"  {ADDRESS.upper()} "}
    assert shopify.deliver("discounts", discounts_shop, "orders/updated", respelt).ok
    edit = {"order_edit": {"id": 1, "order_id": order["id"]}}
    assert shopify.deliver("discounts", discounts_shop, "orders/edited", edit).ok
    assert drain() == []
    messages = [*read_updates(), *read_edits()]
    [pseudonym] = {message["guest"] for message in messages}
    assert len(messages) == 3
    assert len(pseudonym) == 64
    assert ADDRESS not in json.dumps(messages).lower()


def test_guests_of_two_shops_and_customers_differ(
    api: httpx2.Client, shopify: ShopifySandbox, discounts_shop: str, drain: Drain, listen: Listen
) -> None:
    other_shop = f"other-{discounts_shop}"
    assert install(api, "discounts", other_shop).status_code == 302
    assert drain() == []
    read_updates = listen("shops-order_updated")
    for each in (discounts_shop, other_shop):
        assert shopify.deliver("discounts", each, "orders/updated", order_of(shopify, each)).ok
    customers_order = order_of(shopify, discounts_shop, customer_id=7)
    assert shopify.deliver("discounts", discounts_shop, "orders/updated", customers_order).ok
    first, second, of_customer = read_updates()
    assert None is not first["guest"] != second["guest"] is not None
    assert (of_customer["customer_id"], of_customer["guest"]) == ("gid://shopify/Customer/7", None)


def test_a_guest_of_a_shop_without_the_app_has_no_pseudonym(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_updates = listen("shops-order_updated")
    assert shopify.deliver("discounts", shop, "orders/updated", order_of(shopify, shop)).ok
    [message] = read_updates()
    assert (message["customer_id"], message["guest"]) == (None, None)


MALFORMED: dict[str, Any] = {
    "updated_at": "yesterday",
    "test": [],
    "discount_applications": {"0": "automatic"},
    "refunds": [{"id": "?"}, {"id": 5, "refund_line_items": [{"quantity": 1}]}],
    "note_attributes": [["_backroom_ab", "x"]],
    "email": {"address": ADDRESS},
}
MALFORMED_LINE: dict[str, Any] = {
    "sku": 12,
    "title": None,
    "price": "1e1000000000",
    "price_set": {"shop_money": {"amount": "NaN"}},
    "gift_card": "perhaps",
    "discount_allocations": [{"discount_application_index": 0}, None, 7],
}


def test_malformed_parts_are_dropped(shopify: ShopifySandbox, discounts_shop: str, listen: Listen) -> None:
    read_updates = listen("shops-order_updated")
    order = order_of(shopify, discounts_shop) | MALFORMED
    order["line_items"][0] |= MALFORMED_LINE
    delivery = shopify.deliver("discounts", discounts_shop, "orders/updated", order)
    assert WebhookDelivery.get(delivery.webhook.headers["X-Shopify-Webhook-Id"]).error_message is None
    [message] = read_updates()
    assert (message["updated_at"], message["test"], message["applications"]) == (None, False, [])
    assert message["refunds"] == [{"refund_id": "gid://shopify/Refund/5", "lines": []}]
    assert (message["attributes"], message["guest"]) == ({}, None)
    line = message["lines"][0]
    assert (line["sku"], line["title"], line["price"], line["gift_card"]) == (None, None, None, False)
    assert line["discounts"] == []


def test_an_application_keeps_its_index_beside_a_malformed_one() -> None:
    payload = {
        "id": 1,
        "order_number": 1,
        "total_price": "1.00",
        "currency": "USD",
        "line_items": [],
        "discount_applications": [{"no": "type"}, APPLICATIONS[1]],
    }
    order = OrderPayload.parse(payload, "orders/updated").message_fields(lambda _address: None)
    assert [(each.index, each.code) for each in order["applications"]] == [(1, "SPRING")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    order=st.fixed_dictionaries({}, optional=dict.fromkeys(MALFORMED, JSON)),
    line=st.fixed_dictionaries({}, optional=dict.fromkeys(MALFORMED_LINE, JSON)),
)
def test_no_optional_part_makes_an_order_unreadable(order: dict[str, Any], line: dict[str, Any]) -> None:
    payload = {"id": 1, "order_number": 1, "total_price": "1.00", "currency": "USD", **order}
    payload["line_items"] = [{"id": 2, "quantity": 1, **line}]
    fields = OrderPayload.parse(payload, "orders/updated").message_fields(lambda _address: None)
    assert fields["lines"][0].line_item_id == "gid://shopify/LineItem/2"


def test_messages_of_the_version_before_are_read() -> None:
    """They have none of the fields about discounts."""
    line = {"line_item_id": "l", "variant_id": None, "product_id": None, "quantity": 1, "current_quantity": 1}
    common = {"message_id": "m", "shop": "s", "app": "discounts", "order_id": "o"}
    old: dict[str, Any] = {
        **common,
        "order_number": "1",
        "customer_id": None,
        "total_price": "1.00",
        "currency": "USD",
        "lines": [{**line, "properties": {}}],
        "triggered_at": "2026-11-01T00:00:00Z",
    }
    for kind in (OrderCreated, OrderUpdated):
        message = kind.model_validate(old)
        assert (message.applications, message.refunds, message.attributes, message.guest) == ([], [], {}, None)
        assert (message.updated_at, message.cancelled_at, message.voided, message.test) == (None, None, False, False)
        assert (message.lines[0].sku, message.lines[0].discounts, message.lines[0].gift_card) == (None, [], False)
    refunded = {"line_item_id": "l", "quantity": 1, "properties": {}}
    refund = {**common, "refund_id": "r", "lines": [refunded], "amount": "1", "currency": None}
    message_of_refund = RefundCreated.model_validate({**refund, "triggered_at": "2026-11-01T00:00:00Z"})
    assert message_of_refund.lines[0].subtotal is None
