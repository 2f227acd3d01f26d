"""Deliveries of the Shopify sandbox: by subscription, delayed, reordered, duplicated, and retried after failures."""

from collections import Counter

import pytest

from infra.sandbox.server import Response
from infra.sandbox.shopify import ShopifySandbox
from tests.infra.sandbox.conftest import SHOP, Admin, Receiver

LIST = "{ webhookSubscriptions(first: 50) { nodes { id } } }"


@pytest.fixture
def subscription(admin: Admin, receiver: Receiver) -> str:
    return admin.subscribe("ORDERS_PAID", f"{receiver.url}/webhooks/shopify/studio")


def header(receiver: Receiver, name: str) -> list[str]:
    return [request.header(f"x-shopify-{name}") for request in receiver.requests]


def test_an_event_goes_to_every_app_that_subscribed(shopify, http, receiver, subscription):
    other = Admin(shopify, http, "discounts")
    other.subscribe("ORDERS_PAID", f"{receiver.url}/webhooks/shopify/discounts")
    other.subscribe("ORDERS_EDITED", f"{receiver.url}/webhooks/shopify/discounts")
    deliveries = shopify.emit(SHOP, "orders/paid", {"id": 1}, "e1")
    assert [delivery.ok for delivery in deliveries] == [True, True]
    assert [request.path for request in receiver.requests] == [
        "/webhooks/shopify/studio",
        "/webhooks/shopify/discounts",
    ]
    assert header(receiver, "event-id") == ["e1", "e1"]
    assert len(set(header(receiver, "webhook-id"))) == 2
    assert len(set(header(receiver, "hmac-sha256"))) == 2, "each app has its own secret"


def test_an_event_can_be_sent_to_one_app(shopify, http, receiver, subscription):
    Admin(shopify, http, "discounts").subscribe("ORDERS_PAID", f"{receiver.url}/webhooks/shopify/discounts")
    shopify.emit(SHOP, "orders/paid", {}, app="discounts")
    assert [request.path for request in receiver.requests] == ["/webhooks/shopify/discounts"]


def test_an_event_without_subscription_is_not_delivered(shopify, receiver, subscription):
    assert shopify.emit(SHOP, "orders/cancelled", {}) == []
    assert shopify.emit("other.myshopify.com", "orders/paid", {}) == []
    assert not receiver.requests


@pytest.mark.parametrize("topic", ["customers/redact", "shop/redact", "customers/data_request", "app/uninstalled"])
def test_some_topics_need_no_subscription_but_an_app(shopify, receiver, topic):
    assert shopify.emit(SHOP, topic, {}, app="studio")[0].ok
    assert receiver.requests[-1].path == "/webhooks/shopify/studio"
    with pytest.raises(ValueError, match="needs an app"):
        shopify.emit(SHOP, topic, {})


def test_an_unknown_topic_is_an_error(shopify):
    with pytest.raises(ValueError, match="orders/payed"):
        shopify.emit(SHOP, "orders/payed", {})


def test_held_deliveries_are_sent_by_a_flush(shopify, receiver, subscription):
    shopify.hold_deliveries = True
    held_deliveries = shopify.emit(SHOP, "orders/paid", {"id": 1}) + shopify.emit(SHOP, "orders/paid", {"id": 2})
    held_deliveries.append(shopify.uninstall("studio", SHOP))
    assert {(delivery.status, delivery.answer) for delivery in held_deliveries} == {(None, "held")}
    assert not receiver.requests
    deliveries = shopify.flush()
    assert [delivery.webhook for delivery in deliveries] == [delivery.webhook for delivery in held_deliveries]
    assert header(receiver, "topic") == ["orders/paid", "orders/paid", "app/uninstalled"]
    assert shopify.flush() == []


def test_a_flush_can_shuffle_and_duplicate(shopify, receiver, subscription):
    shopify.hold_deliveries = True
    for number in range(40):
        shopify.emit(SHOP, "orders/paid", {"id": number}, f"e{number:02}")
    deliveries = shopify.flush("shuffled", copies=1.1, parallel=4, seed=1)
    assert len(deliveries) == len(receiver.requests) == 44
    events = header(receiver, "event-id")
    assert sorted(set(events)) == [f"e{number:02}" for number in range(40)] != events
    assert sorted(Counter(header(receiver, "webhook-id")).values()) == [1] * 36 + [2] * 4


def test_a_failed_delivery_is_retried_unchanged(shopify, receiver, subscription, clock):
    receiver.status = 500
    shopify.emit(SHOP, "orders/paid", {"id": 1})
    clock.now += 600
    receiver.status = 200
    assert [delivery.ok for delivery in shopify.retry_failed()] == [True]
    first, second = receiver.requests
    assert (first.body, first.headers) == (second.body, second.headers)
    assert shopify.retry_failed() == []
    assert [row["status"] for row in shopify.deliveries()] == [500, 200]


def test_a_refused_connection_is_a_failed_delivery(shopify, receiver, subscription):
    receiver.stop()
    assert shopify.emit(SHOP, "orders/paid", {})[0].status is None
    assert shopify.retry_failed()[0].status is None


def test_one_delivered_copy_ends_the_retries(shopify, receiver, subscription, monkeypatch):
    responses = iter([500, 200, 200, 500])
    monkeypatch.setattr(receiver, "answer", lambda _: Response(next(responses)))
    shopify.hold_deliveries = True
    shopify.emit(SHOP, "orders/paid", {"id": 1})
    shopify.emit(SHOP, "orders/paid", {"id": 2})
    assert [delivery.status for delivery in shopify.flush(copies=2)] == [500, 200, 200, 500]
    assert shopify.retry_failed() == []


def test_eight_failed_retries_delete_the_subscription(shopify, receiver, admin, subscription):
    other = admin.subscribe("ORDERS_EDITED", f"{receiver.url}/webhooks/shopify/studio")
    receiver.status = 503
    shopify.emit(SHOP, "orders/paid", {})
    for _ in range(7):
        assert len(shopify.retry_failed()) == 1
    assert len(shopify.webhook_subscriptions("studio", SHOP)) == 2
    assert len(shopify.retry_failed()) == 1
    assert admin.call(LIST)["data"]["webhookSubscriptions"]["nodes"] == [{"id": other}]
    assert shopify.retry_failed() == []
    assert len(receiver.requests) == 9


def test_failed_privacy_deliveries_delete_no_subscription(shopify, receiver, subscription):
    receiver.status = 503
    shopify.emit(SHOP, "shop/redact", {}, app="studio")
    for _ in range(8):
        shopify.retry_failed()
    assert shopify.retry_failed() == []
    assert [row["id"] for row in shopify.webhook_subscriptions("studio", SHOP)] == [subscription]


def test_failures_are_retried_per_shop(shopify, receiver):
    receiver.status = 503
    shopify.emit(SHOP, "shop/redact", {"id": 1}, app="studio")
    shopify.emit("other.myshopify.com", "shop/redact", {"id": 2}, app="studio")
    receiver.status = 200
    assert [delivery.webhook.body for delivery in shopify.retry_failed(SHOP)] == [b'{"id":1}']
    assert [delivery.webhook.body for delivery in shopify.retry_failed()] == [b'{"id":2}']


def test_a_direct_delivery_is_neither_held_nor_retried(shopify, receiver):
    shopify.hold_deliveries = True
    receiver.status = 500
    assert shopify.deliver("studio", SHOP, "orders/paid", {}).status == 500
    assert shopify.retry_failed() == shopify.flush() == []


def test_held_deliveries_survive_a_restart(tmp_path, clock, receiver):
    file = tmp_path / "shopify.json"
    with ShopifySandbox(app_base_url=receiver.url, state_file=file, clock=clock) as sandbox:
        sandbox.hold_deliveries = True
        sandbox.emit(SHOP, "shop/redact", {}, app="studio")
    with ShopifySandbox(app_base_url=receiver.url, state_file=file, clock=clock) as sandbox:
        assert [delivery.ok for delivery in sandbox.flush()] == [True]
