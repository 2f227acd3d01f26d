"""Unusual deliveries: spelling of topics, headers of compliance topics, ids of other deliveries, long ids."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import httpx2
import pytest

from chalicelib.integrations.shopify.admin_api import API_VERSION
from chalicelib.integrations.shopify.signature import sign_webhook
from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from chalicelib.shops.models import DeliveryStatus, Shop, WebhookDelivery
from chalicelib.shops.repository import deliveries
from chalicelib.shops.service import webhook_intake
from chalicelib.shops.service.auth import WebhookSender
from chalicelib.shops.webhook_headers import MAX_BYTES
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from tests.shops.service.test_webhook_intake import post_raw

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

REDACT: dict[str, Any] = {"shop_id": 1, "customer": {"id": 7}, "orders_to_redact": [1]}


def undated() -> dict[str, Any]:
    return {"received_at": clock.now(), "status": DeliveryStatus.RECEIVED}


def post(api: httpx2.Client, payload: dict[str, Any], shop: str, **options: Any) -> httpx2.Response:
    return post_raw(api, json.dumps(payload).encode(), shop, **options)


def test_the_shop_of_a_compliance_topic_is_that_of_its_signed_body(
    api: httpx2.Client, shop: str, listen: Listen
) -> None:
    read_messages = listen("shops-privacy_requested")
    signed = REDACT | {"shop_domain": shop}
    for options in (
        {"without": "Shop-Domain", "Topic": "customers/redact"},
        {"Shop_Domain": "victim.myshopify.com", "Topic": "CUSTOMERS_REDACT"},
        {"Shop_Domain": "no shop", "Topic": "customers/data_request"},
    ):
        assert post(api, signed, shop, **options).json() == {"status": "recorded"}
    template = REDACT | {"shop_domain": "{shop}.myshopify.com"}
    assert post(api, template, shop, Topic="customers/redact").json() == {"status": "recorded"}
    messages = read_messages()
    assert len(messages) == 4
    assert {message["shop"] for message in messages} == {shop}
    for payload in (REDACT, template):
        response = post(api, payload, shop, without="Shop-Domain", Topic="customers/redact")
        assert (response.status_code, response.json()["code"]) == (400, "MissingWebhookHeaders")
        assert "X-Shopify-Shop-Domain" in response.json()["detail"]


def test_topics_of_the_admin_api_are_applied(api: httpx2.Client, installed_shop: str, drain: Drain) -> None:
    assert drain() == []
    now = clock.iso(clock.now())
    assert post(api, {}, installed_shop, Topic="APP_UNINSTALLED", Triggered_At=now).status_code == 200
    assert drain() == []
    assert not Shop.get(installed_shop, "studio").is_active


@pytest.mark.parametrize("spelling", ["APP_UNINSTALLED", "app_uninstalled"])
def test_a_replay_applies_a_topic_that_the_previous_version_did_not_know(
    installed_shop: str, drain: Drain, spelling: str
) -> None:
    assert drain() == []
    row = WebhookDelivery(delivery_id="w", shop=installed_shop, app="studio", topic=spelling, payload={}, **undated())
    row.received_at = row.triggered_at = clock.now()
    deliveries.add(row)
    webhook_intake.republish_delivery("w")
    assert drain() == []
    assert not Shop.get(installed_shop, "studio").is_active


def test_values_too_long_for_a_key_are_refused(api: httpx2.Client, shop: str) -> None:
    for name in MAX_BYTES:
        for size in (MAX_BYTES[name] + 1, 3_000):
            response = post(api, {}, shop, **{name.replace("-", "_"): "w" * size})
            assert (response.status_code, response.json()["code"]) == (400, "MissingWebhookHeaders")
            assert f"X-Shopify-{name}" in response.json()["detail"]
    assert post(api, {}, f"{'a' * 3_000}.myshopify.com").json()["code"] == "InvalidShopDomain"
    assert list(WebhookDelivery.scan()) == []
    longest = {name.replace("-", "_"): "/" * size for name, size in MAX_BYTES.items()}
    assert post(api, {"note": "n" * 300_000}, shop, **longest).json() == {"status": "recorded"}


def test_deliveries_of_several_topics_shops_and_apps_have_one_webhook_id(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, listen: Listen
) -> None:
    read_messages = listen("shops-product_deleted")
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.OPERATOR, 'op')}"
    others = [("studio", f"other-{shop}", "products/delete"), ("discounts", shop, "products/delete")]
    sent = [("studio", shop, "products/update"), ("studio", shop, "products/delete"), *others]
    for family in ("webhooks", "events"):  # the second has no event ids
        webhook_id = f"id-{family}"
        each = [
            shopify.deliver(app, domain, topic, {"id": 5}, webhook_id=webhook_id, family=family)
            for app, domain, topic in sent
        ]
        assert [json.loads(delivery.answer)["status"] for delivery in each] == ["recorded"] * 4
        WebhookDelivery(webhook_id).delete()  # an erasure may delete the row whose key is the webhook id
        again = [shopify.redeliver(delivery) for delivery in each[1:]]
        assert [json.loads(delivery.answer)["status"] for delivery in again] == ["known"] * 3
        ids = [message["message_id"] for message in read_messages()]
        assert len(ids) == 6
        assert len(set(ids)) == 3
        body = api.get(f"/v1/operator/deliveries/{webhook_id}").json()
        assert {body["delivery_id"], *body["same_webhook_id"]} == set(ids)
        assert body["webhook_id"] == webhook_id
        one = api.post(f"/v1/operator/deliveries/{ids[0]}/replay").json()
        assert (one["delivery_id"], one["topic"]) == (ids[0], "products/delete")
        assert [message["message_id"] for message in read_messages()] == [ids[0]]
    assert api.get("/v1/operator/deliveries/id-x").status_code == 404


@pytest.mark.parametrize("event_id", [None, "e"])
def test_redeliveries_of_rows_of_the_previous_version_are_duplicates(
    shopify: ShopifySandbox, shop: str, event_id: str | None
) -> None:
    """Their key is the webhook id; only a delivery of another app, shop or topic with that id has a digest."""
    family: Literal["webhooks", "events"] = "webhooks" if event_id else "events"
    delivery = shopify.webhook(
        "studio", shop, "products/delete", {"id": 1}, webhook_id="w", event_id=event_id, family=family
    )
    row = WebhookDelivery(
        delivery_id="w", event_id=event_id, shop=shop, app="studio", topic="products/delete", **undated()
    )
    assert deliveries.add(row) is row
    response = httpx2.post(delivery.url, content=delivery.body, headers=delivery.headers)
    assert response.json() == {"status": "known"}
    assert [each.delivery_id for each in WebhookDelivery.scan()] == ["w"]


@pytest.mark.parametrize(("version", "count"), [(API_VERSION, 0), (None, 0), ("2027-01", 1)])
def test_another_api_version_is_logged(
    shop: str, caplog: pytest.LogCaptureFixture, version: str | None, count: int
) -> None:
    headers = {
        "x-shopify-topic": "products/delete",
        "x-shopify-shop-domain": shop,
        "x-shopify-webhook-id": "w",
        "x-shopify-hmac-sha256": sign_webhook(b'{"id":1}', SANDBOX_APPS["studio"].secret),
    }
    headers |= {"x-shopify-api-version": version} if version else {}
    assert webhook_intake.receive_webhook(WebhookSender("studio", headers), b'{"id":1}')
    texts = [record.getMessage() for record in caplog.records]
    assert texts.count("webhook has another API version") == count


@pytest.mark.parametrize(
    ("text", "is_used"),
    [("yesterday", False), ("0001-01-01T00:00:00+14:00", False), ("2026-03-29T18:00:27Z", True)],
)
def test_a_delivery_with_a_malformed_time_has_the_time_of_its_receipt(
    api: httpx2.Client, shop: str, listen: Listen, text: str, is_used: bool
) -> None:
    read_messages, before = listen("shops-order_paid"), clock.now()
    response = post(api, {"id": 1, "line_items": []}, shop, Triggered_At=text, Webhook_Id="w")
    assert (response.status_code, response.json()) == (200, {"status": "recorded"})
    row = WebhookDelivery.get("w")
    assert (row.triggered_at is not None) == is_used
    [message] = read_messages()
    triggered_at = clock.parse(message["triggered_at"])
    assert triggered_at == clock.parse(text) if is_used else triggered_at >= before
