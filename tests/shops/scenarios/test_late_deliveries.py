"""Webhooks that arrive after their event has been superseded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from chalicelib.integrations.shopify import admin_api
from chalicelib.kit import clock
from chalicelib.kit.messages import publish
from chalicelib.shops.models import DeliveryStatus, EventType, Shop, WebhookDelivery
from chalicelib.shops.repository import installations, tokens
from chalicelib.shops.schemas.messages import RegistrationRequested
from infra.sandbox.delivery import Delivery
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from tests.shops.conftest import forget_messages, install
from tests.shops.service.test_webhook_handlers import events, row_of

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]


def test_an_unpublished_uninstall_is_published_after_a_reinstallation(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages = listen("shops-shop_uninstalled")
    uninstall = row_of(shopify.uninstall("studio", installed_shop))
    assert uninstall.triggered_at
    assert (
        installations.end_installation(uninstall.delivery_id, installed_shop, "studio", uninstall.triggered_at) is None
    )
    install(api, "studio", installed_shop)
    assert drain() == []
    assert [clock.parse(message["uninstalled_at"]) for message in read_messages()] == [uninstall.triggered_at]
    assert Shop.get(installed_shop, "studio").is_active
    assert events(installed_shop) == [EventType.INSTALL, EventType.UNINSTALL, EventType.REINSTALL]


def test_an_uninstall_delivered_twice_without_an_event_id(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen
) -> None:
    read_messages, uninstalled_at = listen("shops-shop_uninstalled"), clock.now()
    for _ in range(2):
        shopify.uninstall("studio", installed_shop, family="events", triggered_at=uninstalled_at)
    assert drain() == []
    assert len(read_messages()) == 1
    assert [row.status for row in WebhookDelivery.scan()] == [DeliveryStatus.PROCESSED] * 2


def test_an_uninstall_older_than_the_new_token_is_ignored(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    installed_shop: str,
    drain: Drain,
    bearer: Callable[..., dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A job deleted the revoked tokens and a merchant request fetched new ones, which the late webhook must not delete."""
    drain()
    monkeypatch.setattr(shopify, "hold_deliveries", True)
    shopify.uninstall("studio", installed_shop)
    publish(RegistrationRequested(shop=installed_shop, app="studio"))
    assert drain() == []
    assert Shop.get(installed_shop, "studio").access_token is None
    assert api.get("/v1/shops/me", headers=bearer(installed_shop)).status_code == 200
    [uninstall] = shopify.flush()
    assert drain() == []
    row = Shop.get(installed_shop, "studio")
    token = tokens.decrypt_access_token(row)
    assert row.is_active
    assert token
    assert admin_api.graphql(installed_shop, token, "{ shop { name } }")
    assert events(installed_shop) == [EventType.INSTALL]
    assert "stale" in row_of(uninstall).error_message
    assert shopify.webhook_subscriptions("studio", installed_shop), (
        "Shopify deleted the earlier subscriptions with the app"
    )


@pytest.fixture
def held_deliveries(shopify: ShopifySandbox) -> Iterator[None]:
    """Hold all deliveries until the test ends."""
    shopify.hold_deliveries = True
    yield
    shopify.hold_deliveries = False
    shopify.flush()


def send_without_time(delivery: Delivery) -> None:
    """Send the webhook without its time header."""
    headers = {name: value for name, value in delivery.webhook.headers.items() if not name.endswith("Triggered-At")}
    assert len(headers) == len(delivery.webhook.headers) - 1
    assert httpx2.post(delivery.webhook.url, content=delivery.webhook.body, headers=headers).status_code == 200


def test_an_uninstall_without_a_time_is_ignored_if_shopify_accepts_the_token(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    installed_shop: str,
    drain: Drain,
    held_deliveries: None,
) -> None:
    drain()
    uninstall = shopify.uninstall("studio", installed_shop)
    install(api, "studio", installed_shop)
    assert drain() == []
    send_without_time(uninstall)
    assert drain() == []
    row = Shop.get(installed_shop, "studio")
    assert (row.is_active, row.access_token is None) == (True, False)
    assert "stale" in row_of(uninstall).error_message
    assert EventType.UNINSTALL not in events(installed_shop)


def test_an_uninstall_without_a_time_applies_if_shopify_rejects_the_token(
    shopify: ShopifySandbox, installed_shop: str, drain: Drain, listen: Listen, held_deliveries: None
) -> None:
    drain()
    read_messages = listen("shops-shop_uninstalled")
    uninstall = shopify.uninstall("studio", installed_shop)
    send_without_time(uninstall)
    assert drain() == []
    assert not Shop.get(installed_shop, "studio").is_active
    assert events(installed_shop) == [EventType.INSTALL, EventType.UNINSTALL]
    assert len(read_messages()) == 1
    assert row_of(uninstall).error_message is None


def test_scopes_of_an_earlier_installation_are_ignored(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, drain: Drain
) -> None:
    payload, updated_at = shopify.update_scopes("studio", installed_shop, ["read_orders"]), clock.now()
    shopify.uninstall("studio", installed_shop)
    assert drain() == []
    install(api, "studio", installed_shop)
    forget_messages("shops-register_webhooks")  # a registration would fetch the scopes
    shopify.deliver("studio", installed_shop, "app/scopes_update", payload, triggered_at=updated_at)
    assert drain() == []
    assert Shop.get(installed_shop, "studio").scope == ",".join(SANDBOX_APPS["studio"].scopes)
