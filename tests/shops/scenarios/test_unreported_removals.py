"""A merchant who removes the app and comes back by session token, before or without its `app/uninstalled`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
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
from tests.shops.conftest import forget_messages, waiting
from tests.shops.service.test_webhook_handlers import events, row_of

Bearer = Callable[..., dict[str, str]]
Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

LINES = [{"variant_id": 11, "product_id": 22, "quantity": 1}]


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_registration, "BACKFILL_DELAY", 0)


@pytest.fixture
def settled(shopify: ShopifySandbox, installed_shop: str, drain: Drain) -> Iterator[str]:
    """A shop that is installed and registered, an hour ago; its deliveries wait until a test sends them."""
    assert drain() == []
    age(installed_shop, timedelta(hours=1))
    shopify.hold_deliveries = True
    yield installed_shop
    shopify.hold_deliveries = False
    shopify.flush()


def age(shop: str, by: timedelta) -> None:
    """Let everything that we wrote about the installation be older."""
    row = Shop.get(shop, "studio")
    names = "installed_at registered_at confirmed_at scope_triggered_at details_triggered_at"
    names += " session_issued_at token_checked_at"
    kept = {name: value for name in names.split() if (value := row.attribute_values.get(name))}
    row.update([getattr(Shop, name).set(value - by) for name, value in kept.items()])


def open_app(api: httpx.Client, bearer: Bearer, shop: str, at: datetime | None = None) -> None:
    """The merchant's page asks for the shop, with a session token issued at `at`."""
    claims = {"iat": int(at.timestamp()), "nbf": int(at.timestamp())} if at else {}
    response = api.get("/v1/shops/me", headers=bearer(shop, **claims))
    assert response.status_code == 200, response.text


def subscribed(shopify: ShopifySandbox, shop: str) -> set[str]:
    return {row["topic"] for row in shopify.webhook_subscriptions("studio", shop)}


WANTED = {topic.replace("/", "_").upper() for topic in apps.TOPICS["studio"]}


def assert_works(shopify: ShopifySandbox, shop: str) -> None:
    """Shopify takes our token and tells us of everything."""
    row = Shop.get(shop, "studio")
    token = tokens.decrypt_access_token(row)
    assert (row.is_active, row.active_app) == (True, "studio")
    assert token
    assert admin_api.graphql(shop, token, "{ shop { name } }")
    assert subscribed(shopify, shop) == WANTED


@pytest.mark.parametrize("is_noted_first", [True, False], ids=["checked-first", "delivered-first"])
def test_a_late_uninstall_is_stale_after_a_session_token(
    api: httpx.Client,
    shopify: ShopifySandbox,
    settled: str,
    drain: Drain,
    bearer: Bearer,
    listen: Listen,
    is_noted_first: bool,
) -> None:
    """The session token alone is evidence; the exchange that follows it, too."""
    read_messages = listen("shops-shop_uninstalled")
    now = clock.now()
    removal = shopify.uninstall("studio", settled, triggered_at=now - timedelta(minutes=10))
    open_app(api, bearer, settled)
    if is_noted_first:
        assert drain() == []
    else:
        forget_messages("shops-check_token")
    shopify.flush()
    assert drain() == []
    assert row_of(removal).status is DeliveryStatus.PROCESSED
    assert "stale" in row_of(removal).error_message
    assert events(settled) == [EventType.INSTALL]
    assert read_messages() == []
    open_app(api, bearer, settled)
    assert drain() == []
    assert_works(shopify, settled)


def test_an_unreported_removal_is_detected_while_the_merchant_works(
    api: httpx.Client, shopify: ShopifySandbox, settled: str, drain: Drain, bearer: Bearer, listen: Listen
) -> None:
    """One request is enough: subscriptions stand again, and what was missed is published."""
    read_messages, read_edits = listen("shops-order_paid"), listen("shops-product_updated")
    shopify.uninstall("studio", settled)
    order = shopify.paid_order(settled, LINES)
    shopify.emit(settled, "orders/paid", order)
    shopify.emit(settled, "products/update", shopify.product(settled, 22, "Poster", [{"id": 11}]))
    assert subscribed(shopify, settled) == set()
    open_app(api, bearer, settled)
    assert drain() == []
    assert_works(shopify, settled)
    assert [message["order_id"] for message in read_messages()] == [order["admin_graphql_api_id"]]
    assert [message["product_id"] for message in read_edits()] == [22]
    assert events(settled) == [EventType.INSTALL]


def test_what_was_missed_is_fetched_since_the_last_delivery(
    api: httpx.Client, shopify: ShopifySandbox, settled: str, drain: Drain, bearer: Bearer, listen: Listen
) -> None:
    """Deliveries of other apps in the shop, and privacy requests, need no subscription of ours and say nothing."""
    age(settled, timedelta(days=9))
    now = clock.now()
    shopify.deliver("studio", settled, "products/delete", {"id": 1}, triggered_at=now - timedelta(days=8))
    shopify.deliver("discounts", settled, "products/delete", {"id": 1})
    payload = shopify.privacy("customers/data_request", settled, customer_id=7)
    shopify.deliver("studio", settled, "customers/data_request", payload)
    shopify.uninstall("studio", settled)
    assert drain() == []
    forget_messages("shops-backfill_events")
    open_app(api, bearer, settled)
    received_messages: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webhook_registration, "publish", lambda message, **_: received_messages.append(message))
        assert drain() == []
    since = {message.since for message in received_messages if message.queue == "shops-backfill_events"}
    assert len(since) == 1
    [begin] = since
    assert now - timedelta(days=8, hours=5) < begin < now - timedelta(days=8)


def test_a_token_is_tried_once_a_minute(
    api: httpx.Client, shopify: ShopifySandbox, settled: str, drain: Drain, bearer: Bearer
) -> None:
    for _ in range(5):
        open_app(api, bearer, settled)
    assert waiting("shops-check_token") == (1, 0)
    shopify.requests.clear()
    assert drain() == []
    assert len(shopify.requests) == 1, "it is honoured: nothing else is asked"
    open_app(api, bearer, settled)
    assert waiting("shops-check_token") == (0, 0)
    Shop(settled, "studio").update([Shop.token_checked_at.set(clock.now() - timedelta(seconds=61))])
    open_app(api, bearer, settled)
    assert waiting("shops-check_token") == (1, 0)


def test_a_session_token_that_is_older_than_the_removal_is_no_evidence(
    api: httpx.Client, shopify: ShopifySandbox, settled: str, drain: Drain, bearer: Bearer
) -> None:
    """It still reaches us after the removal: neither the note nor the exchange brings the app back."""
    now = clock.now()
    token = bearer(settled)
    open_app(api, bearer, settled, now - timedelta(seconds=30))
    shopify.uninstall("studio", settled, triggered_at=now - timedelta(seconds=20))
    assert drain() == []
    assert api.get("/v1/shops/me", headers=token).status_code == 401, "Shopify does not exchange it"
    shopify.flush()
    assert drain() == []
    row = Shop.get(settled, "studio")
    assert not row.is_active
    assert row.access_token is None
    assert subscribed(shopify, settled) == set()


@pytest.mark.parametrize("is_back", [False, True])
def test_an_uninstall_of_the_same_seconds_waits_for_a_grant(
    api: httpx.Client,
    shopify: ShopifySandbox,
    settled: str,
    drain: Drain,
    bearer: Bearer,
    monkeypatch: pytest.MonkeyPatch,
    is_back: bool,
) -> None:
    """Clocks differ by up to a second: the session token may be from before a removal that looks older."""
    monkeypatch.setattr(webhook_handlers, "POSTPONED_SECONDS", 0 if is_back else 1)
    second = clock.now().replace(microsecond=0) - timedelta(seconds=5)
    open_app(api, bearer, settled, second + timedelta(seconds=1))
    forget_messages("shops-check_token")
    removal = shopify.uninstall("studio", settled, triggered_at=second + timedelta(seconds=0.3))
    shopify.flush()
    if is_back:
        handle_one("shops-apply_webhook")  # the first attempt: it only deletes the dead tokens
        row = Shop.get(settled, "studio")
        assert row.is_active
        assert row.access_token is None
        assert row_of(removal).status is DeliveryStatus.RECEIVED
        open_app(api, bearer, settled)
    else:
        handle_one("shops-apply_webhook")
        assert Shop.get(settled, "studio").is_active
        handle_one("shops-apply_webhook", wait_seconds=20)
    assert drain() == []
    assert row_of(removal).status is DeliveryStatus.PROCESSED
    assert Shop.get(settled, "studio").is_active is is_back
    if is_back:
        assert_works(shopify, settled)


@pytest.mark.parametrize("seconds", [2, 3, 9, 11, 30])
def test_a_quick_return_is_evidence_even_if_the_merchant_then_stays_quiet(
    api: httpx.Client, shopify: ShopifySandbox, settled: str, drain: Drain, bearer: Bearer, seconds: int
) -> None:
    """The page is open, the app is removed, the merchant comes back; the token check is lost, and no request follows."""
    before = clock.now().replace(microsecond=0) - timedelta(seconds=40)
    open_app(api, bearer, settled, before)
    assert drain() == []
    removal = shopify.uninstall("studio", settled, triggered_at=before + timedelta(seconds=0.5))
    open_app(api, bearer, settled, before + timedelta(seconds=seconds))
    forget_messages("shops-check_token")
    shopify.flush()
    assert drain() == []
    assert Shop.get(settled, "studio").is_active
    assert "stale" in row_of(removal).error_message
    assert events(settled) == [EventType.INSTALL]


def handle_one(queue: str, wait_seconds: int = 0) -> None:
    """Hand one batch of a queue to its consumer, waiting until there is one."""
    [consumer] = [each for each in handlers.consumers() if each.queue == queue]
    batch = delivery.receive(consumer, wait_seconds)
    assert batch
    assert (
        delivery.deliver(consumer, batch, lambda one, event: handlers.chalice_app().handler_map[one.name](event, None))
        == []
    )


def test_a_shop_whose_token_is_accepted_is_not_erased(
    api: httpx.Client, shopify: ShopifySandbox, settled: str, drain: Drain, bearer: Bearer
) -> None:
    """Whatever we know of the installation is older than the removal that the request follows."""
    age(settled, timedelta(days=9))
    shopify.deliver("studio", settled, "shop/redact", shopify.privacy("shop/redact", settled))
    assert drain() == []
    assert list(PrivacyRequest.scan()) == []
    assert_works(shopify, settled)


def test_an_unreported_return_is_not_erased(
    api: httpx.Client, shopify: ShopifySandbox, settled: str, drain: Drain, bearer: Bearer
) -> None:
    """The request comes 48 hours after the removal; the merchant was there since, and left nothing to try."""
    age(settled, timedelta(days=9))
    shopify.uninstall("studio", settled)
    open_app(api, bearer, settled)
    forget_messages("shops-check_token")
    later = clock.now() + timedelta(hours=47)
    shopify.deliver("studio", settled, "shop/redact", shopify.privacy("shop/redact", settled), triggered_at=later)
    assert drain() == []
    assert list(PrivacyRequest.scan()) == []
    assert Shop.get(settled, "studio").is_active


def test_an_unreported_removal_ends_with_the_redact_request(
    shopify: ShopifySandbox, settled: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-shop_uninstalled")
    age(settled, timedelta(days=9))
    shopify.uninstall("studio", settled)
    now = clock.now()
    shopify.deliver("studio", settled, "shop/redact", shopify.privacy("shop/redact", settled), triggered_at=now)
    assert drain() == []
    [message] = read_messages()
    assert clock.parse(message["uninstalled_at"]) == now - timedelta(hours=48)
    [request] = PrivacyRequest.scan()
    assert request.origin == "shopify/studio/shop/redact"
    assert list(Shop.query(settled)) == []
    assert Session.by_shop.count(settled) == 0
