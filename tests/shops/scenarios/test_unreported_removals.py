"""A merchant uninstalls the app and returns by session token, before or without `app/uninstalled`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.integrations.shopify import admin_api
from chalicelib.kit import clock
from chalicelib.retention.models import PrivacyRequest
from chalicelib.shops import apps
from chalicelib.shops.models import DeliveryStatus, EventType, Session, Shop
from chalicelib.shops.repository import tokens
from chalicelib.shops.service import webhook_handlers, webhook_registration
from infra.deploy import handlers
from infra.local import delivery
from infra.sandbox.shopify import ShopifySandbox
from tests.shops.conftest import forget_messages, message_counts
from tests.shops.service.test_webhook_handlers import events, row_of

Bearer = Callable[..., dict[str, str]]
Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

LINES = [{"variant_id": 11, "product_id": 22, "quantity": 1}]


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_registration, "BACKFILL_DELAY", 0)


@pytest.fixture
def registered_shop(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> Iterator[str]:
    """A shop installed and registered an hour ago, with held deliveries."""
    assert drain() == []
    backdate(installed_shop, timedelta(hours=1))
    shopify.hold_deliveries = True
    yield installed_shop
    shopify.hold_deliveries = False
    shopify.flush()


def backdate(shop: str, by: timedelta) -> None:
    """Move all times of the installation into the past."""
    row = Shop.get(shop, "studio")
    names = "installed_at registered_at confirmed_at scope_triggered_at details_triggered_at"
    names += " session_issued_at token_checked_at"
    times = {name: value for name in names.split() if (value := row.attribute_values.get(name))}
    row.update([getattr(Shop, name).set(value - by) for name, value in times.items()])


def open_app(api: httpx2.Client, bearer: Bearer, shop: str, at: datetime | None = None) -> None:
    """Request the shop with a session token issued at `at`."""
    claims = {"iat": int(at.timestamp()), "nbf": int(at.timestamp())} if at else {}
    response = api.get("/v1/shops/me", headers=bearer(shop, **claims))
    assert response.status_code == 200, response.text


def subscribed_topics(shopify: ShopifySandbox, shop: str) -> set[str]:
    return {row["topic"] for row in shopify.webhook_subscriptions("studio", shop)}


EXPECTED_TOPICS = {topic.replace("/", "_").upper() for topic in apps.TOPICS["studio"]}


def assert_works(shopify: ShopifySandbox, shop: str) -> None:
    """Assert that Shopify accepts the token and that every topic is subscribed."""
    row = Shop.get(shop, "studio")
    token = tokens.decrypt_access_token(row)
    assert (row.is_active, row.active_app) == (True, "studio")
    assert token
    assert admin_api.graphql(shop, token, "{ shop { name } }")
    assert subscribed_topics(shopify, shop) == EXPECTED_TOPICS


@pytest.mark.parametrize("is_checked_first", [True, False], ids=["checked-first", "delivered-first"])
def test_a_late_uninstall_is_stale_after_a_session_token(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    registered_shop: str,
    drain: Drain,
    bearer: Bearer,
    listen: Listen,
    is_checked_first: bool,
) -> None:
    """Both the session token and its later exchange are evidence."""
    read_messages = listen("shops-shop_uninstalled")
    now = clock.now()
    removal = shopify.uninstall("studio", registered_shop, triggered_at=now - timedelta(minutes=10))
    open_app(api, bearer, registered_shop)
    if is_checked_first:
        assert drain() == []
    else:
        forget_messages("shops-check_token")
    shopify.flush()
    assert drain() == []
    assert row_of(removal).status is DeliveryStatus.PROCESSED
    assert "stale" in row_of(removal).error_message
    assert events(registered_shop) == [EventType.INSTALL]
    assert read_messages() == []
    open_app(api, bearer, registered_shop)
    assert drain() == []
    assert_works(shopify, registered_shop)


def test_a_merchant_request_detects_an_unreported_uninstall(
    api: httpx2.Client, shopify: ShopifySandbox, registered_shop: str, drain: Drain, bearer: Bearer, listen: Listen
) -> None:
    """One request recreates the subscriptions and publishes the missed events."""
    read_messages, read_edits = listen("shops-order_paid"), listen("shops-product_updated")
    shopify.uninstall("studio", registered_shop)
    order = shopify.paid_order(registered_shop, LINES)
    shopify.emit(registered_shop, "orders/paid", order)
    shopify.emit(registered_shop, "products/update", shopify.product(registered_shop, 22, "Poster", [{"id": 11}]))
    assert subscribed_topics(shopify, registered_shop) == set()
    open_app(api, bearer, registered_shop)
    assert drain() == []
    assert_works(shopify, registered_shop)
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]
    assert [message["product_id"] for message in read_edits()] == [22]
    assert events(registered_shop) == [EventType.INSTALL]


def test_the_backfill_starts_at_the_last_delivery(
    api: httpx2.Client, shopify: ShopifySandbox, registered_shop: str, drain: Drain, bearer: Bearer, listen: Listen
) -> None:
    """Deliveries of other apps and privacy requests need no subscription of the app, so they do not count."""
    backdate(registered_shop, timedelta(days=9))
    now = clock.now()
    shopify.deliver("studio", registered_shop, "products/delete", {"id": 1}, triggered_at=now - timedelta(days=8))
    shopify.deliver("discounts", registered_shop, "products/delete", {"id": 1})
    payload = shopify.privacy("customers/data_request", registered_shop, customer_id=7)
    shopify.deliver("studio", registered_shop, "customers/data_request", payload)
    shopify.uninstall("studio", registered_shop)
    assert drain() == []
    forget_messages("shops-backfill_events")
    open_app(api, bearer, registered_shop)
    received_messages: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhook_registration, "publish", lambda message, **_: received_messages.append(message))
        assert drain() == []
    since = {message.since for message in received_messages if message.queue == "shops-backfill_events"}
    assert len(since) == 1
    [begin] = since
    assert now - timedelta(days=8, hours=5) < begin < now - timedelta(days=8)


def test_a_token_is_checked_once_a_minute(
    api: httpx2.Client, shopify: ShopifySandbox, registered_shop: str, drain: Drain, bearer: Bearer
) -> None:
    for _ in range(5):
        open_app(api, bearer, registered_shop)
    assert message_counts("shops-check_token") == (1, 0)
    shopify.requests.clear()
    assert drain() == []
    assert len(shopify.requests) == 1, "Shopify accepts it: no other request follows"
    open_app(api, bearer, registered_shop)
    assert message_counts("shops-check_token") == (0, 0)
    Shop(registered_shop, "studio").update([Shop.token_checked_at.set(clock.now() - timedelta(seconds=61))])
    open_app(api, bearer, registered_shop)
    assert message_counts("shops-check_token") == (1, 0)


def test_a_session_token_older_than_the_uninstall_is_no_evidence(
    api: httpx2.Client, shopify: ShopifySandbox, registered_shop: str, drain: Drain, bearer: Bearer
) -> None:
    """It arrives after the uninstall: neither storing nor exchanging it reactivates the app."""
    now = clock.now()
    token = bearer(registered_shop)
    open_app(api, bearer, registered_shop, now - timedelta(seconds=30))
    shopify.uninstall("studio", registered_shop, triggered_at=now - timedelta(seconds=20))
    assert drain() == []
    assert api.get("/v1/shops/me", headers=token).status_code == 401, "Shopify does not exchange it"
    shopify.flush()
    assert drain() == []
    row = Shop.get(registered_shop, "studio")
    assert not row.is_active
    assert row.access_token is None
    assert subscribed_topics(shopify, registered_shop) == set()


@pytest.mark.parametrize("is_reinstalled", [False, True])
def test_an_uninstall_within_clock_skew_is_postponed(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    registered_shop: str,
    drain: Drain,
    bearer: Bearer,
    monkeypatch: pytest.MonkeyPatch,
    is_reinstalled: bool,
) -> None:
    """Clocks differ by up to a second: the session token may be older than the uninstall."""
    monkeypatch.setattr(webhook_handlers, "POSTPONED_SECONDS", 0 if is_reinstalled else 1)
    second = clock.now().replace(microsecond=0) - timedelta(seconds=5)
    open_app(api, bearer, registered_shop, second + timedelta(seconds=1))
    forget_messages("shops-check_token")
    removal = shopify.uninstall("studio", registered_shop, triggered_at=second + timedelta(seconds=0.3))
    shopify.flush()
    if is_reinstalled:
        handle_one("shops-apply_webhook")  # the first attempt only deletes the revoked tokens
        row = Shop.get(registered_shop, "studio")
        assert row.is_active
        assert row.access_token is None
        assert row_of(removal).status is DeliveryStatus.RECEIVED
        open_app(api, bearer, registered_shop)
    else:
        handle_one("shops-apply_webhook")
        assert Shop.get(registered_shop, "studio").is_active
        handle_one("shops-apply_webhook", wait_seconds=20)
    assert drain() == []
    assert row_of(removal).status is DeliveryStatus.PROCESSED
    assert Shop.get(registered_shop, "studio").is_active is is_reinstalled
    if is_reinstalled:
        assert_works(shopify, registered_shop)


@pytest.mark.parametrize("seconds", [2, 3, 9, 11, 30])
def test_a_session_token_after_the_uninstall_is_evidence_without_further_requests(
    api: httpx2.Client, shopify: ShopifySandbox, registered_shop: str, drain: Drain, bearer: Bearer, seconds: int
) -> None:
    """The merchant opens the page, uninstalls, returns; the token check is lost, and no request follows."""
    before = clock.now().replace(microsecond=0) - timedelta(seconds=40)
    open_app(api, bearer, registered_shop, before)
    assert drain() == []
    removal = shopify.uninstall("studio", registered_shop, triggered_at=before + timedelta(seconds=0.5))
    open_app(api, bearer, registered_shop, before + timedelta(seconds=seconds))
    forget_messages("shops-check_token")
    shopify.flush()
    assert drain() == []
    assert Shop.get(registered_shop, "studio").is_active
    assert "stale" in row_of(removal).error_message
    assert events(registered_shop) == [EventType.INSTALL]


def handle_one(queue: str, wait_seconds: int = 0) -> None:
    """Deliver one batch of a queue, waiting for it if necessary."""
    [consumer] = [each for each in handlers.consumers() if each.queue == queue]
    batch = delivery.receive(consumer, wait_seconds)
    assert batch
    assert (
        delivery.deliver(consumer, batch, lambda one, event: handlers.chalice_app().handler_map[one.name](event, None))
        == []
    )


def test_a_redact_request_is_ignored_if_shopify_accepts_the_token(
    api: httpx2.Client, shopify: ShopifySandbox, registered_shop: str, drain: Drain, bearer: Bearer
) -> None:
    """All stored times of the installation are older than the uninstall that the request follows."""
    backdate(registered_shop, timedelta(days=9))
    shopify.deliver("studio", registered_shop, "shop/redact", shopify.privacy("shop/redact", registered_shop))
    assert drain() == []
    assert list(PrivacyRequest.scan()) == []
    assert_works(shopify, registered_shop)


def test_a_redact_request_ignores_an_unreported_reinstallation(
    api: httpx2.Client, shopify: ShopifySandbox, registered_shop: str, drain: Drain, bearer: Bearer
) -> None:
    """The request arrives 48 hours after the uninstall; the merchant returned in between, but no token check is left."""
    backdate(registered_shop, timedelta(days=9))
    shopify.uninstall("studio", registered_shop)
    open_app(api, bearer, registered_shop)
    forget_messages("shops-check_token")
    later = clock.now() + timedelta(hours=47)
    shopify.deliver(
        "studio", registered_shop, "shop/redact", shopify.privacy("shop/redact", registered_shop), triggered_at=later
    )
    assert drain() == []
    assert list(PrivacyRequest.scan()) == []
    assert Shop.get(registered_shop, "studio").is_active


def test_a_redact_request_applies_an_unreported_uninstall(
    shopify: ShopifySandbox, registered_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-shop_uninstalled")
    backdate(registered_shop, timedelta(days=9))
    shopify.uninstall("studio", registered_shop)
    now = clock.now()
    shopify.deliver(
        "studio", registered_shop, "shop/redact", shopify.privacy("shop/redact", registered_shop), triggered_at=now
    )
    assert drain() == []
    [message] = read_messages()
    assert clock.parse(message["uninstalled_at"]) == now - timedelta(hours=48)
    [request] = PrivacyRequest.scan()
    assert request.origin == "shopify/studio/shop/redact"
    assert list(Shop.query(registered_shop)) == []
    assert Session.by_shop.count(registered_shop) == 0
