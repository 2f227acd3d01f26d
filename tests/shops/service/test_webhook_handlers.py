"""Effects of `app/uninstalled`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2

from chalicelib.kit import clock
from chalicelib.kit.messages import publish
from chalicelib.shops.models import DeliveryStatus, EventType, InstallationLog, Session, Shop, WebhookDelivery
from chalicelib.shops.repository import installations
from chalicelib.shops.schemas.messages import DeliveryReceived
from infra.sandbox.delivery import Delivery
from infra.sandbox.shopify import ShopifySandbox
from tests.shops.conftest import install, oauth_callback

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]


def row_of(delivery: Delivery) -> WebhookDelivery:
    return WebhookDelivery.get(delivery.webhook.headers["X-Shopify-Webhook-Id"])


def redeliver_message(delivery: Delivery) -> DeliveryReceived:
    """Handle the message of a delivery a second time."""
    row = row_of(delivery)
    assert row.triggered_at
    return DeliveryReceived(
        shop=row.shop,
        app=row.app,
        webhook_topic=row.topic,
        delivery_id=row.delivery_id,
        triggered_at=row.triggered_at,
    )


def events(shop: str) -> list[EventType]:
    return [log.event_type for log in InstallationLog.query(shop)]


def test_an_uninstall(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    install(api, "discounts", installed_shop)
    oauth_callback(api, "studio", installed_shop)  # started, never completed
    drain()
    read_messages = listen("shops-shop_uninstalled")
    before = Shop.get(installed_shop, "studio")
    request_count = len(shopify.requests)
    delivery = shopify.uninstall("studio", installed_shop)
    assert drain() == []
    row = Shop.get(installed_shop, "studio")
    assert not row.is_active
    assert not {"access_token", "refresh_token", "token_expires_at"} & set(row.attribute_values)
    assert row.uninstalled_at == row.last_triggered_at == row_of(delivery).triggered_at
    assert row.updated_at > before.updated_at
    assert list(Shop.by_active_app.query("studio")) == []
    assert events(installed_shop) == [EventType.INSTALL, EventType.INSTALL, EventType.UNINSTALL]
    assert [session.app for session in Session.by_shop.query(installed_shop)] == ["discounts"]
    assert row_of(delivery).status is DeliveryStatus.PROCESSED
    [message] = read_messages()
    assert (message["shop"], message["app"]) == (installed_shop, "studio")
    assert len(shopify.requests) == request_count  # the token is revoked: no request to Shopify


def test_a_repeated_uninstall_changes_nothing(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-shop_uninstalled")
    drain()
    delivery = shopify.uninstall("studio", installed_shop)
    drain()
    first = Shop.get(installed_shop, "studio").attribute_values
    shopify.redeliver(delivery)
    publish(redeliver_message(delivery))
    assert drain() == []
    assert Shop.get(installed_shop, "studio").attribute_values == first
    shopify.uninstall("studio", installed_shop)  # a later delivery of the same event
    assert drain() == []
    last = Shop.get(installed_shop, "studio").attribute_values
    assert {name for name in last if last[name] != first[name]} == {"last_triggered_at"}
    assert events(installed_shop) == [EventType.INSTALL, EventType.UNINSTALL]
    assert len({message["message_id"] for message in read_messages()}) == 1


def test_one_event_under_two_delivery_ids_is_applied_once(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    for _ in range(2):
        shopify.uninstall("studio", installed_shop, event_id="gone")
    assert drain() == []
    [row] = WebhookDelivery.scan()
    assert row.status is DeliveryStatus.PROCESSED
    assert events(installed_shop) == [EventType.INSTALL, EventType.UNINSTALL]


def test_a_crash_after_the_commit_loses_nothing(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-shop_uninstalled")
    delivery = row_of(shopify.uninstall("studio", installed_shop))
    assert delivery.triggered_at
    assert installations.end_installation(delivery.delivery_id, installed_shop, "studio", delivery.triggered_at) is None
    assert drain() == []
    assert [message["shop"] for message in read_messages()] == [installed_shop]
    assert events(installed_shop) == [EventType.INSTALL, EventType.UNINSTALL]


def test_a_stale_uninstall_is_ignored(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-shop_uninstalled")
    left_at = clock.now()
    install(api, "studio", installed_shop)
    drain()
    before, body = Shop.get(installed_shop, "studio").attribute_values, shopify.update_shop(installed_shop)
    delivery = shopify.deliver("studio", installed_shop, "app/uninstalled", body, triggered_at=left_at)
    assert drain() == []
    assert Shop.get(installed_shop, "studio").attribute_values == before
    assert Session.by_shop.count(installed_shop) == 1
    assert events(installed_shop) == [EventType.INSTALL, EventType.REINSTALL]
    assert row_of(delivery).status is DeliveryStatus.PROCESSED
    assert "stale" in row_of(delivery).error_message
    publish(redeliver_message(delivery))
    assert drain() == []
    assert read_messages() == []


def test_an_installation_started_after_the_uninstall_completes(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    drain()
    left_at = clock.now()
    begun_later = oauth_callback(api, "studio", installed_shop)
    body = shopify.update_shop(installed_shop)
    shopify.deliver("studio", installed_shop, "app/uninstalled", body, triggered_at=left_at)
    assert drain() == []
    assert api.get(begun_later).status_code == 302
    assert Shop.get(installed_shop, "studio").is_active


def test_an_uninstall_of_an_unknown_shop_is_ignored(
    shopify: ShopifySandbox, shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-shop_uninstalled")
    delivery = shopify.uninstall("studio", shop)
    assert drain() == []
    assert list(Shop.query(shop)) == []
    assert row_of(delivery).status is DeliveryStatus.PROCESSED
    assert read_messages() == []


def test_a_later_uninstall_is_applied(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    for _ in range(2):
        shopify.uninstall("studio", installed_shop)
        assert drain() == []
        install(api, "studio", installed_shop)
    row = Shop.get(installed_shop, "studio")
    assert row.is_active
    assert row.uninstalled_at is None
    assert events(installed_shop).count(EventType.UNINSTALL) == 2


def test_a_registration_after_the_uninstall_does_nothing(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    shopify.uninstall("studio", installed_shop, triggered_at=clock.now() + timedelta(seconds=1))
    assert drain() == []
    assert shopify.webhook_subscriptions("studio", installed_shop) == []
