"""Backfill after downtime: every delivery failed and Shopify deleted the subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import aws, clock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.jobs import ScheduledRun
from chalicelib.kit.locks import Lease
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import details
from chalicelib.shops.schemas.messages import BackfillRequested, RegistrationRequested
from chalicelib.shops.service import backfill, webhook_registration
from infra.sandbox.shopify import ShopifySandbox
from tests.shops.conftest import forget_messages, message_counts

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

LINES = [
    {"variant_id": 11, "product_id": 22, "quantity": 2, "price": "12.50", "properties": {"_generation": "g.k.m"}},
    {"variant_id": 12, "product_id": 23, "price": "5.00"},
]


@contextmanager
def fail_webhook_writes() -> Iterator[None]:
    """Fail every webhook write, as if the database were unavailable."""

    def refuse(**_: Any) -> None:
        raise ConnectionError("the store is away")

    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb.TransactWriteItems", refuse)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", refuse)


def retry_until_unsubscribed(shopify: ShopifySandbox, shop: str) -> None:
    """Retry deliveries until Shopify deletes the subscriptions."""
    while shopify.retry_failed(shop):
        pass


def reconcile(ago: timedelta = timedelta(hours=1)) -> None:
    """Run the schedule for the first time since `ago`."""
    now = clock.now()
    webhook_registration.reconcile_installations(
        ScheduledRun(now, now - ago, Lease("schedule/shops-reconcile_installations", "holder", 1, None))
    )


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the delay of backfill messages."""
    monkeypatch.setattr(webhook_registration, "BACKFILL_DELAY", 0)


@pytest.fixture
def installed_shop(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> str:
    """A shop installed some time ago."""
    assert drain() == []
    return installed_shop


def test_missed_events_are_published(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    ears = {topic: listen(f"shops-{topic}") for topic in ("order_paid", "order_cancelled", "refund_created")}
    read_edits, product = listen("shops-order_edited"), listen("shops-product_updated")
    with fail_webhook_writes():
        order = shopify.paid_order(installed_shop, LINES, customer_id=7, currency="EUR")
        shopify.emit(installed_shop, "orders/paid", order)
        other = shopify.paid_order(installed_shop, LINES)
        shopify.emit(installed_shop, "orders/paid", other)
        shopify.emit(installed_shop, "orders/cancelled", shopify.cancel_order(installed_shop, other["id"]))
        refund = shopify.refund_order(installed_shop, order["id"], {order["line_items"][0]["id"]: 1})
        shopify.emit(installed_shop, "refunds/create", refund)
        edit = shopify.edit_order(installed_shop, order["id"], remove=[order["line_items"][1]["id"]])
        shopify.emit(installed_shop, "orders/edited", edit)
        shopify.emit(installed_shop, "products/update", shopify.product(installed_shop, 22, "Poster", [{"id": 11}]))
        retry_until_unsubscribed(shopify, installed_shop)
    remaining_topics = {each["topic"] for each in shopify.webhook_subscriptions("studio", installed_shop)}
    assert (
        not {"ORDERS_PAID", "ORDERS_CANCELLED", "REFUNDS_CREATE", "ORDERS_EDITED", "PRODUCTS_UPDATE"} & remaining_topics
    )

    reconcile()
    assert drain() == []
    assert {"ORDERS_PAID", "PRODUCTS_UPDATE"} <= {
        each["topic"] for each in shopify.webhook_subscriptions("studio", installed_shop)
    }
    messages = {message["order_id"]: message for message in ears["order_paid"]()}
    assert set(messages) == {order["admin_graphql_api_id"], other["admin_graphql_api_id"]}
    message = messages[order["admin_graphql_api_id"]]
    assert (message["order_number"], message["customer_id"]) == (str(order["order_number"]), "gid://shopify/Customer/7")
    assert (message["total_price"], message["currency"]) == ("30.00", "EUR")
    assert [line["current_quantity"] for line in message["lines"]] == [1, 0]
    assert message["lines"][0]["properties"] == {"_generation": "g.k.m"}
    assert [each["order_id"] for each in ears["order_cancelled"]()] == [other["admin_graphql_api_id"]]
    [refunds] = ears["refund_created"]()
    assert (refunds["refund_id"], refunds["amount"]) == (f"gid://shopify/Refund/{refund['id']}", "12.50")
    assert [each["order_id"] for each in read_edits()] == [order["admin_graphql_api_id"]]
    assert [each["product_id"] for each in product()] == [22]


def test_a_repeated_backfill_publishes_the_same_messages(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-order_paid")
    shopify.paid_order(installed_shop, LINES)
    request = BackfillRequested(
        shop=installed_shop, app="studio", kind="orders", since=clock.now() - timedelta(hours=1)
    )
    for _ in range(2):
        backfill.backfill_events(request)
    assert len({message["message_id"] for message in read_messages()}) == 1


def test_older_events_are_not_backfilled(shopify: ShopifySandbox, installed_shop: str, listen: Listen) -> None:
    read_messages = listen("shops-order_paid")
    shopify.paid_order(installed_shop, LINES)
    later = clock.now() + timedelta(hours=1)
    backfill.backfill_events(BackfillRequested(shop=installed_shop, app="studio", kind="orders", since=later))
    assert read_messages() == []


def test_many_orders_are_fetched_in_pages(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    """A message handles one page and requests the next, so that no run exceeds its timeout."""
    read_messages = listen("shops-order_paid")
    orders = {shopify.paid_order(installed_shop, LINES[:1])["admin_graphql_api_id"] for _ in range(25)}
    request = BackfillRequested(
        shop=installed_shop, app="studio", kind="orders", since=clock.now() - timedelta(hours=1)
    )
    backfill.backfill_events(request)
    assert message_counts("shops-backfill_events") == (1, 0)
    assert drain() == []
    messages = [message["order_id"] for message in read_messages()]
    assert len(messages) == 25
    assert set(messages) == orders


def test_complete_subscriptions_need_no_backfill(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-order_paid")
    shopify.emit(installed_shop, "orders/paid", shopify.paid_order(installed_shop, LINES))
    reconcile()
    assert drain() == []
    assert len(read_messages()) == 1


def test_the_backfill_starts_before_the_last_completed_run(shopify: ShopifySandbox, installed_shop: str) -> None:
    """Deliveries in retry during the last complete run were missed since before that run."""
    forget_messages("shops-register_webhooks")
    reconcile(ago=timedelta(hours=6))
    import json

    url = aws.client("sqs").get_queue_url(QueueName="backroom-test-shops-register_webhooks")["QueueUrl"]
    [message] = aws.client("sqs").receive_message(QueueUrl=url)["Messages"]
    since = clock.parse(json.loads(message["Body"])["since"])
    assert clock.now() - since >= timedelta(hours=10)


def test_an_uninstalled_shop_is_not_backfilled(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> None:
    shopify.uninstall("studio", installed_shop)
    assert drain() == []
    request_count = len(shopify.requests)
    backfill.backfill_events(BackfillRequested(shop=installed_shop, app="studio", kind="orders", since=clock.now()))
    assert len(shopify.requests) == request_count


def test_a_lost_registration_is_republished_by_the_merchants_next_request(
    api: Any,
    shopify: ShopifySandbox,
    installed_shop: str,
    drain: Drain,
    bearer: Callable[..., dict[str, str]],
    listen: Listen,
) -> None:
    """After a crash between the installation and its message, the next request publishes the registration."""
    read_messages = listen("shops-shop_installed")
    row = Shop.get(installed_shop, "studio")
    row.update([Shop.registered_at.remove(), Shop.updated_at.set(clock.now() - timedelta(minutes=6))])
    for _ in range(3):
        assert api.get("/v1/shops/me", headers=bearer(installed_shop)).status_code == 200
    assert message_counts("shops-register_webhooks") == (1, 0)
    assert drain() == []
    assert [message["event"] for message in read_messages()] == ["install"]
    assert Shop.get(installed_shop, "studio").registered_at


def test_the_backfill_is_requested_before_the_subscriptions_are_created(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next attempt finds no missing subscription."""
    with fail_webhook_writes():
        order = shopify.paid_order(installed_shop, LINES)
        shopify.emit(installed_shop, "orders/paid", order)
        retry_until_unsubscribed(shopify, installed_shop)
    whole = details.save_details

    def crash_once(*_: Any, **__: Any) -> None:
        monkeypatch.setattr(details, "save_details", whole)
        raise Unavailable("The store is busy.")

    monkeypatch.setattr(details, "save_details", crash_once)
    read_messages = listen("shops-order_paid")
    reconcile()
    assert len(drain()) == 1
    webhook_registration.register_webhooks(
        RegistrationRequested(shop=installed_shop, app="studio", since=clock.now() - timedelta(hours=5))
    )
    drain()
    assert order["admin_graphql_api_id"] in {message["order_id"] for message in read_messages()}


def test_a_cancellation_is_published_before_the_payment(
    shopify: ShopifySandbox, installed_shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a final would be made in between."""
    messages: list[str] = []
    monkeypatch.setattr(backfill, "publish", lambda message: messages.append(type(message).__name__))
    order = shopify.paid_order(installed_shop, LINES)
    shopify.cancel_order(installed_shop, order["id"])
    since = clock.now() - timedelta(hours=1)
    backfill.backfill_events(BackfillRequested(shop=installed_shop, app="studio", kind="orders", since=since))
    assert messages.index("OrderCancelled") < messages.index("OrderPaid")


def test_refunds_and_products_with_many_lines_are_fetched_completely(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    lines = [{"variant_id": number, "product_id": 22, "price": "1.00"} for number in range(1, 65)]
    order = shopify.paid_order(installed_shop, lines)
    shopify.refund_order(installed_shop, order["id"], {line["id"]: 1 for line in order["line_items"]})
    shopify.product(installed_shop, 22, "Poster", [{"id": number} for number in range(1, 190)])
    refunds, products = listen("shops-refund_created"), listen("shops-product_updated")
    for kind in ("orders", "products"):
        since = clock.now() - timedelta(hours=1)
        backfill.backfill_events(BackfillRequested(shop=installed_shop, app="studio", kind=kind, since=since))
    assert len({line["line_item_id"] for line in refunds()[0]["lines"]}) == 64
    assert len({variant["variant_id"] for variant in products()[0]["variants"]}) == 189


def test_an_order_is_fetched_if_its_customer_is_not_readable(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    """`read_customers` was added later; a shop without this scope loses no order."""
    shopify.emit(installed_shop, "app/scopes_update", shopify.update_scopes("studio", installed_shop, ["read_orders"]))
    assert drain() == []
    read_messages = listen("shops-order_edited")
    order = shopify.paid_order(installed_shop, LINES, customer_id=7)
    edit = shopify.edit_order(installed_shop, order["id"], quantities={order["line_items"][0]["id"]: 1})
    shopify.emit(installed_shop, "orders/edited", edit)
    assert drain() == []
    (message,) = [message for message in read_messages() if message["app"] == "studio"]
    assert (message["order_id"], message["customer_id"]) == (order["admin_graphql_api_id"], None)
