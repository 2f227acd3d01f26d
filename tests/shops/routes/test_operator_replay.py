"""Operators read and replay stored deliveries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from chalicelib.shops.models import DeliveryStatus, InstallationLog, WebhookDelivery
from infra.sandbox.shopify import ShopifySandbox

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

DELIVERIES = "/v1/operator/deliveries"
SECRET = "her-private-note"


@pytest.fixture
def operator() -> dict[str, str]:
    """The headers of an operator."""
    return {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}


def deliver_paid_order(shopify: ShopifySandbox, shop: str) -> str:
    """Deliver a paid order; return the webhook."""
    order = shopify.paid_order(shop, []) | {"note": SECRET}
    assert shopify.deliver("studio", shop, "orders/paid", order).ok
    [delivery] = WebhookDelivery.scan(WebhookDelivery.shop == shop)
    return str(delivery.delivery_id)


def test_a_delivery_shows_its_status_without_its_payload(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, operator: dict[str, str]
) -> None:
    delivery_id = deliver_paid_order(shopify, shop)
    response = api.get(f"{DELIVERIES}/{delivery_id}", headers=operator)
    body = response.json()
    assert (body["topic"], body["shop"], body["app"], body["status"]) == ("orders/paid", shop, "studio", "received")
    assert body["received_at"]
    assert body["error_message"] is None
    assert SECRET not in response.text
    assert "payload" not in body


def test_a_replay_publishes_the_same_message_and_is_audited(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, operator: dict[str, str], listen: Listen
) -> None:
    orders, acts = listen("shops-order_paid"), listen("kit-operator_acted")
    delivery_id = deliver_paid_order(shopify, shop)
    [first] = orders()
    response = api.post(f"{DELIVERIES}/{delivery_id}/replay", headers=operator)
    assert response.status_code == 200, response.text
    assert SECRET not in response.text
    [second] = orders()
    changing = {"occurred_at", "correlation_id"}
    assert {k: v for k, v in second.items() if k not in changing} == {
        k: v for k, v in first.items() if k not in changing
    }
    [act] = acts()
    assert (act["actor"], act["action"], act["subject"]) == ("op", "shops.replay_delivery", delivery_id)
    assert act["detail"] == {"shop": shop, "app": "studio", "topic": "orders/paid"}


def test_a_failed_delivery_is_parsed_again(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, operator: dict[str, str], listen: Listen
) -> None:
    read_messages = listen("shops-order_paid")
    delivery_id = deliver_paid_order(shopify, shop)
    read_messages()
    error = WebhookDelivery.error_message.set("id: missing")
    WebhookDelivery(delivery_id).update([WebhookDelivery.status.set(DeliveryStatus.FAILED), error])
    assert api.post(f"{DELIVERIES}/{delivery_id}/replay", headers=operator).json()["status"] == "received"
    assert api.get(f"{DELIVERIES}/{delivery_id}", headers=operator).json()["error_message"] is None
    assert len(read_messages()) == 1


def test_a_replayed_uninstall_has_no_second_effect(
    api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str, operator: dict[str, str], drain: Drain
) -> None:
    shopify.uninstall("studio", installed_shop)
    assert drain() == []
    [delivery] = WebhookDelivery.scan(WebhookDelivery.topic == "app/uninstalled")
    body = api.post(f"{DELIVERIES}/{delivery.delivery_id}/replay", headers=operator).json()
    assert body["status"] == "processed"
    assert drain() == []
    assert InstallationLog.count(installed_shop) == 2


def test_an_unknown_delivery_is_not_replayed(api: httpx2.Client, operator: dict[str, str], listen: Listen) -> None:
    acts = listen("kit-operator_acted")
    for response in (
        api.get(f"{DELIVERIES}/x", headers=operator),
        api.post(f"{DELIVERIES}/x/replay", headers=operator),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "DeliveryNotFound")
    assert acts() == []
