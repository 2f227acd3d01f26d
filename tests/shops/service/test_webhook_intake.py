"""Webhook intake: verification, storage and deduplication."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from chalicelib.integrations.shopify.signature import sign_webhook
from chalicelib.kit import aws, clock
from chalicelib.kit.models import UniqueValue
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from chalicelib.shops.repository import deliveries
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox

Drain = Callable[[], list[dict[str, Any]]]
Listen = Callable[[str], Drain]

PATH = "/webhooks/shopify/studio"
LINES = [
    {"variant_id": 11, "product_id": 22, "quantity": 2, "price": "12.50", "properties": {"_generation": "g.k.m"}},
    {"variant_id": 12, "product_id": 22, "properties": [{"name": "Note", "value": None}, {"name": "Size", "value": 3}]},
]


def post_raw(
    api: httpx2.Client,
    body: bytes,
    shop: str,
    *,
    secret: str = SANDBOX_APPS["studio"].secret,
    without: str = "",
    **changed: str,
) -> httpx2.Response:
    """Post a delivery with changed headers."""
    headers = {
        "X-Shopify-Hmac-Sha256": sign_webhook(body, secret),
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": "2026-03-29T18:00:27.877041743Z",
        "Content-Type": "application/json",
    }
    headers |= {f"X-Shopify-{name.replace('_', '-')}": value for name, value in changed.items()}
    headers.pop(f"X-Shopify-{without}", None)
    return api.post(PATH, content=body, headers=headers)


@pytest.mark.parametrize("family", ["webhooks", "events"])
def test_a_paid_order_is_published(shopify: ShopifySandbox, shop: str, listen: Listen, family: str) -> None:
    read_messages = listen("shops-order_paid")
    order = shopify.paid_order(shop, LINES, customer_id=7, currency="EUR")
    delivery = shopify.deliver("studio", shop, "orders/paid", order, family=family)
    assert (delivery.status, json.loads(delivery.answer)) == (200, {"status": "recorded"})
    [message] = read_messages()
    assert message["order_id"] == order["admin_graphql_api_id"]
    assert message["order_number"] == str(order["order_number"])
    assert message["customer_id"] == "gid://shopify/Customer/7"
    assert (message["shop"], message["app"]) == (shop, "studio")
    assert (message["total_price"], message["currency"]) == ("50.00", "EUR")
    first, second = message["lines"]
    assert first == {
        "line_item_id": order["line_items"][0]["admin_graphql_api_id"],
        "variant_id": "gid://shopify/ProductVariant/11",
        "product_id": 22,
        "quantity": 2,
        "current_quantity": 2,
        "properties": {"_generation": "g.k.m"},
        "sku": None,
        "title": "Print",
        "price": "12.50",
        "gift_card": False,
        "discounts": [],
    }
    assert second["properties"] == {"Note": "", "Size": "3"}


def test_a_guest_order_with_a_custom_line_is_published(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-order_paid")
    order = shopify.paid_order(shop, LINES[:1])
    order["line_items"][0] |= {"variant_id": None, "product_id": None, "properties": None}
    assert shopify.deliver("studio", shop, "orders/paid", order).ok
    [message] = read_messages()
    assert message["customer_id"] is None
    [line] = message["lines"]
    assert (line["variant_id"], line["product_id"], line["properties"]) == (None, None, {})


def test_a_delivery_is_stored(shopify: ShopifySandbox, shop: str) -> None:
    order = shopify.paid_order(shop, LINES)
    delivery = shopify.deliver("studio", shop, "orders/paid", order, triggered_at="2026-03-29T18:00:27.877041743Z")
    row = WebhookDelivery.get(delivery.webhook.headers["X-Shopify-Webhook-Id"])
    assert row.payload["id"] == order["id"]
    assert (row.shop, row.app, row.topic, row.status) == (shop, "studio", "orders/paid", DeliveryStatus.RECEIVED)
    assert (row.expires_epoch - row.received_at).days in (29, 30)


def test_topics_without_a_message_are_kept(api: httpx2.Client, shop: str, drain: Drain) -> None:
    assert post_raw(api, b'{"id": 1}', shop, Topic="products/update", Webhook_Id="w1").json() == {"status": "recorded"}
    assert WebhookDelivery.get("w1").payload == {"id": 1}
    assert drain() == []


def test_a_wrong_or_missing_signature_is_401(api: httpx2.Client, shop: str) -> None:
    for response in (
        post_raw(api, b"{}", shop, secret=SANDBOX_APPS["discounts"].secret),
        post_raw(api, b"{}", shop, without="Hmac-Sha256"),
        post_raw(api, b"{}", shop, Hmac_Sha256="x" * 44),
        post_raw(api, b"{ }", shop, Hmac_Sha256=sign_webhook(b"{}", SANDBOX_APPS["studio"].secret)),
    ):
        assert (response.status_code, response.json()["code"]) == (401, "InvalidWebhookSignature")
    assert list(WebhookDelivery.scan()) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"', b"null", b"[" * 100_000, b'{"a":"\xc3\xa9"'])
def test_malformed_json_is_400(api: httpx2.Client, shop: str, body: bytes) -> None:
    response = post_raw(api, body, shop)
    assert (response.status_code, response.json()["code"]) == (400, "MalformedRequest")


@pytest.mark.parametrize("name", ["Topic", "Shop-Domain", "Webhook-Id"])
def test_missing_headers_are_named(api: httpx2.Client, shop: str, name: str) -> None:
    response = post_raw(api, b"{}", shop, without=name)
    assert (response.status_code, response.json()["code"]) == (400, "MissingWebhookHeaders")
    assert f"X-Shopify-{name}" in response.json()["detail"]


def test_an_invalid_shop_domain_is_400(api: httpx2.Client) -> None:
    assert post_raw(api, b"{}", "evil.example").json()["code"] == "InvalidShopDomain"


def test_header_names_are_case_insensitive(shopify: ShopifySandbox, shop: str, api: httpx2.Client) -> None:
    webhook = shopify.webhook("studio", shop, "shop/update", {"id": 1})
    uppercase_headers = {name.upper(): value for name, value in webhook.headers.items()}
    assert api.post(urlsplit(webhook.url).path, content=webhook.body, headers=uppercase_headers).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods(api: httpx2.Client, method: str) -> None:
    response = api.request(method, PATH)
    assert response.status_code == 405
    assert response.headers["content-type"] == "application/problem+json"


def test_an_unknown_app_is_404(api: httpx2.Client, shop: str) -> None:
    assert api.post("/webhooks/shopify/nobody", json={}).status_code == 404


def test_a_body_over_the_limit_is_413(api: httpx2.Client, shop: str) -> None:
    response = post_raw(api, b'{"a":"' + b"x" * 5_000_000 + b'"}', shop)
    assert (response.status_code, response.json()["code"]) == (413, "PayloadTooLarge")


def test_a_large_body_is_stored_by_reference(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-order_paid")
    order = shopify.paid_order(shop, LINES) | {"note": "n" * 3_000_000}
    delivery = shopify.deliver("studio", shop, "orders/paid", order)
    assert delivery.status == 200, delivery.answer
    row = WebhookDelivery.get(delivery.webhook.headers["X-Shopify-Webhook-Id"])
    bucket, _, key = row.payload["stored_at"].removeprefix("s3://").partition("/")
    assert key.startswith(f"payloads/shops/{shop}/")
    content = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert content == delivery.webhook.body
    assert len(read_messages()) == 1


def test_an_invalid_payload_is_stored_with_its_error(api: httpx2.Client, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-order_paid")
    body = json.dumps({"id": "shopper@example.com", "email": "shopper@example.com", "line_items": []}).encode()
    assert post_raw(api, body, shop, Webhook_Id="odd").status_code == 200
    row = WebhookDelivery.get("odd")
    assert row.status is DeliveryStatus.FAILED
    assert row.error_message.startswith("id: ")
    assert "shopper@example.com" not in row.error_message
    assert read_messages() == []


def test_a_lone_surrogate_does_not_lose_the_order(api: httpx2.Client, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-order_paid")
    note = r'{"name":"Note \ud83d","value":"\ud83d\ude00 \ude00"}'
    body = (
        '{"id":1,"order_number":2,"total_price":"1.00","currency":"USD",'
        '"line_items":[{"id":3,"quantity":1,"properties":[' + note + "]}]}"
    )
    assert post_raw(api, body.encode(), shop).status_code == 200
    [message] = read_messages()
    assert message["lines"][0]["properties"] == {"Note \ufffd": "\U0001f600 \ufffd"}


def test_a_repeated_delivery_is_deduplicated(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-order_paid")
    first = shopify.deliver("studio", shop, "orders/paid", shopify.paid_order(shop, LINES))
    redelivery = shopify.redeliver(first)
    assert json.loads(redelivery.answer) == {"status": "known"}
    assert len({message["message_id"] for message in read_messages()}) == 1
    assert len(list(WebhookDelivery.scan())) == 1


def test_a_crash_after_the_write_loses_no_message(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    """The row is stored but the message is not published; Shopify retries the delivery."""
    read_messages = listen("shops-order_paid")
    webhook = shopify.webhook(
        "studio", shop, "orders/paid", shopify.paid_order(shop, LINES), webhook_id="w", event_id="e"
    )
    stored_columns: dict[str, Any] = {
        "delivery_id": "w",
        "event_id": "e",
        "shop": shop,
        "app": "studio",
        "topic": "orders/paid",
    }
    deliveries.add(WebhookDelivery(**stored_columns, status=DeliveryStatus.RECEIVED, received_at=clock.now()))
    response = httpx2.post(webhook.url, content=webhook.body, headers=webhook.headers)
    assert response.json() == {"status": "known"}
    assert [message["message_id"] for message in read_messages()] == ["w"]


def test_an_event_under_another_delivery_id_is_deduplicated(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-order_paid")
    order = shopify.paid_order(shop, LINES)
    first, second = (shopify.deliver("studio", shop, "orders/paid", order, event_id="e1") for _ in range(2))
    assert [json.loads(each.answer)["status"] for each in (first, second)] == ["recorded", "known"]
    assert {message["message_id"] for message in read_messages()} == {first.webhook.headers["X-Shopify-Webhook-Id"]}


def test_event_ids_are_scoped_by_topic_app_and_shop(shopify: ShopifySandbox, shop: str) -> None:
    deliveries = [
        shopify.deliver("studio", shop, "orders/create", {"id": 1}, event_id="e2"),
        shopify.deliver("studio", shop, "orders/updated", {"id": 1}, event_id="e2"),
        shopify.deliver("discounts", shop, "orders/create", {"id": 1}, event_id="e2"),
        shopify.deliver("studio", f"other-{shop}", "orders/create", {"id": 1}, event_id="e2"),
    ]
    assert {json.loads(delivery.answer)["status"] for delivery in deliveries} == {"recorded"}


def test_twenty_concurrent_duplicates_are_stored_once(shopify: ShopifySandbox, shop: str, listen: Listen) -> None:
    read_messages = listen("shops-order_paid")
    order = shopify.paid_order(shop, LINES)
    same = [shopify.webhook("studio", shop, "orders/paid", order, event_id="e3") for _ in range(20)]
    duplicates = [each for webhook_ in same[:10] for each in (webhook_, webhook_)]
    with ThreadPoolExecutor(20) as senders:
        responses = list(
            senders.map(lambda each: httpx2.post(each.url, content=each.body, headers=each.headers), duplicates)
        )
    assert {response.status_code for response in responses} == {200}
    assert [response.json()["status"] for response in responses].count("recorded") == 1
    assert len(list(WebhookDelivery.scan())) == len(list(UniqueValue.scan())) == 1
    assert len({message["message_id"] for message in read_messages()}) == 1
