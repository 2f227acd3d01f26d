"""The messages of each webhook topic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.shops import apps
from chalicelib.shops.models import DeliveryStatus, Shop, WebhookDelivery
from infra.deploy import handlers
from infra.sandbox.delivery import Delivery
from infra.sandbox.shopify import ShopifySandbox

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

LINES = [
    {"variant_id": 11, "product_id": 22, "quantity": 2, "price": "12.50", "properties": {"_generation": "g.k.m"}},
    {"variant_id": 12, "product_id": 23, "quantity": 1, "price": "5.00"},
]
PRODUCT = {"shop": "22", "title": "Poster", "variants": [{"id": 11, "title": "A4", "sku": "P-A4", "price": "12.50"}]}


def row_of(delivery: Delivery) -> WebhookDelivery:
    return WebhookDelivery.get(delivery.webhook.headers["X-Shopify-Webhook-Id"])


@pytest.mark.parametrize(
    ("topic", "message_topic"),
    [
        ("orders/create", "shops-order_created"),
        ("orders/paid", "shops-order_paid"),
        ("orders/updated", "shops-order_updated"),
        ("orders/cancelled", "shops-order_cancelled"),
    ],
)
def test_orders_become_messages(
    shopify: ShopifySandbox, shop: str, listen: Listen, topic: str, message_topic: str
) -> None:
    read_messages = listen(message_topic)
    order = shopify.paid_order(shop, LINES, customer_id=7, currency="JPY")
    if topic == "orders/cancelled":
        order = shopify.cancel_order(shop, order["id"])
    delivery = shopify.deliver("discounts", shop, topic, order)
    [message] = read_messages()
    assert message["message_id"] == row_of(delivery).delivery_id
    assert (message["order_id"], message["customer_id"]) == (
        order["admin_graphql_api_id"],
        "gid://shopify/Customer/7",
    )
    assert (message["total_price"], message["currency"]) == ("30.00", "JPY")
    assert [(line["quantity"], line["properties"]) for line in message["lines"]] == [
        (2, {"_generation": "g.k.m"}),
        (1, {}),
    ]
    assert "shopper@example.com" not in str(message)
    if topic == "orders/cancelled":
        assert clock.parse(message["cancelled_at"]) == clock.parse(order["cancelled_at"])


def test_an_edited_order_is_fetched(shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen) -> None:
    """The webhook has only the edit; the order is fetched from Shopify with all its lines."""
    assert drain() == []
    read_messages = listen("shops-order_edited")
    many_lines = [{"variant_id": 100 + number, "product_id": 22, "price": "1.00"} for number in range(60)]
    order = shopify.paid_order(installed_shop, [*LINES, *many_lines])
    first, second = order["line_items"][:2]
    edit = shopify.edit_order(
        installed_shop,
        order["id"],
        add=[{"variant_id": 13, "product_id": 22, "price": "2.00"}],
        remove=[second["id"]],
        quantities={first["id"]: 1},
    )
    delivery = shopify.deliver("studio", installed_shop, "orders/edited", edit)
    assert drain() == []
    [message] = read_messages()
    assert message["order_id"] == order["admin_graphql_api_id"]
    lines = {line["line_item_id"]: line for line in message["lines"]}
    assert len(lines) == 63
    now = [lines[each["admin_graphql_api_id"]]["current_quantity"] for each in (first, second)]
    assert now == [1, 0]
    assert lines[first["admin_graphql_api_id"]]["properties"] == {"_generation": "g.k.m"}
    assert row_of(delivery).status is DeliveryStatus.PROCESSED


def test_an_edit_of_a_missing_order_is_processed_with_an_error(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    assert drain() == []
    delivery = shopify.deliver("studio", installed_shop, "orders/edited", {"order_edit": {"id": 1, "order_id": 404}})
    assert drain() == []
    assert row_of(delivery).error_message == "the order does not exist any more"


def test_a_refund_becomes_a_message(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-refund_created")
    order = shopify.paid_order(shop, LINES)
    line = order["line_items"][0]
    refund = shopify.refund_order(shop, order["id"], {line["id"]: 1})
    shopify.deliver("studio", shop, "refunds/create", refund)
    [message] = read_messages()
    assert message["order_id"] == order["admin_graphql_api_id"]
    assert message["refund_id"] == f"gid://shopify/Refund/{refund['id']}"
    assert message["lines"] == [
        {
            "line_item_id": line["admin_graphql_api_id"],
            "quantity": 1,
            "properties": {"_generation": "g.k.m"},
            "subtotal": "12.50",
            "has_properties": True,
        }
    ]
    assert (Decimal(message["amount"]), message["currency"]) == (Decimal("12.50"), "USD")


def test_a_failed_refund_has_no_amount(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-refund_created")
    transactions = [
        {"kind": "refund", "status": "failure", "amount": "5.00", "currency": "USD"},
        {"kind": "void", "status": "success", "amount": "7.00", "currency": "USD"},
    ]
    refund = {"id": 1, "order_id": 2, "refund_line_items": [], "transactions": transactions}
    shopify.deliver("studio", shop, "refunds/create", refund)
    [message] = read_messages()
    assert (Decimal(message["amount"]), message["currency"]) == (Decimal(0), None)


def test_product_topics_become_messages(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_updates, read_deletions = listen("shops-product_updated"), listen("shops-product_deleted")
    product = shopify.product(shop, 22, "Poster", [{"id": 11, "title": "A4", "sku": "P-A4", "price": "12.50"}])
    shopify.deliver("studio", shop, "products/update", product)
    shopify.deliver("studio", shop, "products/delete", shopify.delete_product(22))
    [message] = read_updates()
    assert (message["product_id"], message["title"], message["status"]) == (22, "Poster", "active")
    [variant] = message["variants"]
    assert variant == {
        "variant_id": "gid://shopify/ProductVariant/11",
        "title": "A4",
        "sku": "P-A4",
        "price": "12.50",
    }
    [deletion] = read_deletions()
    assert deletion["product_id"] == 22


def test_the_newest_shop_details_win(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    assert drain() == []
    read_messages = listen("shops-shop_updated")
    now = clock.now() + timedelta(seconds=1)
    old = shopify.update_shop(installed_shop, name="Old", currency="EUR")
    new = shopify.update_shop(installed_shop, name="New", currency="CHF", plan_display_name="Plus")
    second = shopify.deliver("studio", installed_shop, "shop/update", new, triggered_at=now + timedelta(seconds=5))
    first = shopify.deliver("studio", installed_shop, "shop/update", old, triggered_at=now)
    assert drain() == []
    row = Shop.get(installed_shop, "studio")
    assert (row.shop_name, row.currency, row.plan_name) == ("New", "CHF", "Plus")
    assert row_of(second).error_message is None
    assert row_of(first).error_message == "stale: a newer one was applied"
    [message] = read_messages()
    assert (message["shop_name"], message["currency"]) == ("New", "CHF")
    assert "email" not in message


def test_the_newest_scopes_win(shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen) -> None:
    assert drain() == []
    read_messages = listen("shops-scopes_updated")
    now = clock.now() + timedelta(seconds=1)
    old = shopify.update_scopes("studio", installed_shop, ["read_products"])
    new = shopify.update_scopes("studio", installed_shop, ["read_products", "read_orders", "write_files"])
    shopify.deliver("studio", installed_shop, "app/scopes_update", new, triggered_at=now + timedelta(seconds=5))
    shopify.deliver("studio", installed_shop, "app/scopes_update", old, triggered_at=now)
    assert drain() == []
    assert Shop.get(installed_shop, "studio").scope == "read_orders,read_products,write_files"
    [message] = read_messages()
    assert message["scopes"] == ["read_orders", "read_products", "write_files"]


@pytest.mark.parametrize("topic", ["shop/update", "app/scopes_update", "orders/edited"])
def test_webhooks_of_an_uninstalled_shop_are_ignored(
    shopify: ShopifySandbox, shop: str, drain: Drain, topic: str
) -> None:
    payload = {
        "name": "n",
        "currency": "USD",
        "current": [],
        "order_edit": {"order_id": 1},
    }
    delivery = shopify.deliver("studio", shop, topic, payload)
    assert drain() == []
    assert row_of(delivery).error_message.startswith("the app is not installed")


@pytest.mark.parametrize(
    "topic", sorted({topic for each in apps.TOPICS.values() for topic in each} - {"app/uninstalled", "shop/update"})
)
def test_an_invalid_payload_fails_at_intake(shopify: ShopifySandbox, shop: str, drain: Drain, topic: str) -> None:
    """An invalid payload never becomes a poison message."""
    delivery = shopify.deliver("discounts", shop, topic, {"unexpected": True})
    assert delivery.status == 200
    assert row_of(delivery).status is DeliveryStatus.FAILED
    assert drain() == []


def test_every_message_of_a_topic_has_a_topic() -> None:
    """A topic without a message class would not exist in the stack."""
    assert {
        "shops-order_created",
        "shops-order_paid",
        "shops-order_updated",
        "shops-order_edited",
        "shops-order_cancelled",
        "shops-refund_created",
        "shops-product_updated",
        "shops-product_deleted",
        "shops-shop_installed",
        "shops-shop_uninstalled",
        "shops-shop_updated",
        "shops-scopes_updated",
        "shops-privacy_requested",
    } <= set(handlers.topics())
