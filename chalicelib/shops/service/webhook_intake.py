"""Webhook intake: a delivery is stored once and published at least once.

After a crash between write and publish, Shopify retries the delivery, which publishes it. Consumers must therefore be
idempotent by `message_id`, the id of the event's first delivery.
"""

from __future__ import annotations

from pydantic import ValidationError

from chalicelib.integrations.shopify.admin_api import API_VERSION
from chalicelib.kit import clock, data_subjects, logs, tombstones
from chalicelib.kit.messages import Message, publish
from chalicelib.shops.errors import DeliveryNotFound, MissingWebhookHeaders
from chalicelib.shops.metrics import DELIVERIES_OF_OTHER_VERSION, DELIVERIES_UNREADABLE, PAYLOAD_PARTS_DROPPED
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from chalicelib.shops.repository import deliveries
from chalicelib.shops.service import payload_storage, shop_identity
from chalicelib.shops.service.auth import WebhookSender
from chalicelib.shops.service.oauth_install import require_shop_domain
from chalicelib.shops.service.webhook_payloads import (
    DeliveryInfo,
    build_message,
    parse_compliance_shop,
    parse_reported_shop,
    with_delivery_id,
)
from chalicelib.shops.shop_names import ShopIdentity
from chalicelib.shops.webhook_headers import HeadersMissing, WebhookHeaders, parse_webhook_headers
from chalicelib.shops.webhook_topics import canonical_topic

log = logs.logger("shops")


def receive_webhook(sender: WebhookSender, body: bytes) -> bool:
    """Store a verified delivery and publish it. Returns False if it was stored before, or its subject is erased.

    The delivery is stored under the shop's first domain. One that names a domain of a shop, with the id of another shop,
    is not stored. If the time of the event is malformed, the time of receipt is used.

    Raises MissingWebhookHeaders, InvalidShopDomain, MalformedRequest.
    """
    try:
        headers = parse_webhook_headers(sender.headers)
    except HeadersMissing as error:
        raise MissingWebhookHeaders(f"Missing or malformed: {error}.") from error
    _count_other_version(headers)
    _count_malformed_time(headers)
    payload, now = payload_storage.parse_body(body), clock.now()
    shop = _find_shop(_find_domain(headers, payload), sender.app, headers, payload)
    if shop is None:
        log.warning("webhook not stored: its domain was another shop's", extra={"topic": headers.topic})
        return False
    row = WebhookDelivery(
        delivery_id=headers.webhook_id,
        event_id=headers.event_id,
        triggered_at=headers.triggered_at,
        shop=shop,
        app=sender.app,
        topic=headers.topic,
        status=DeliveryStatus.RECEIVED,
        received_at=now,
    )
    message = parse_message(row, payload)
    subjects, actors = (
        (message.subjects(), message.actors()) if message else ((data_subjects.app(row.shop, row.app),), {})
    )
    if tombstones.is_erased(*subjects, actors=actors):
        log.info("webhook not stored: its subject is erased", extra={"topic": row.topic})
        return False
    row.payload = payload_storage.store_payload(row, body, payload)
    stored = deliveries.add(row)
    if message is not None and stored.status is DeliveryStatus.RECEIVED:
        publish(with_delivery_id(message, stored.delivery_id))
    return stored is row


def _find_shop(domain: str, app: str, headers: WebhookHeaders, payload: payload_storage.Payload) -> str | None:
    """Return the first domain of the delivery's shop; None if the domain was another shop's.

    Reads rows only if the domain was not looked up in the last five minutes, or is not the shop's as far as we know.
    """
    reported = parse_reported_shop(headers.topic, payload)
    if reported is None:
        return shop_identity.resolve_shop(domain, app)
    reported_at = headers.triggered_at or clock.now()
    identity = ShopIdentity(reported.shopify_id, reported.domain or domain, reported_at)
    return shop_identity.accept_reported_identity(domain, app, identity)


def _find_domain(headers: WebhookHeaders, payload: payload_storage.Payload) -> str:
    """Return the domain of the delivery. A compliance topic has the shop in its body, which is signed.

    Uses the header if the body contains no valid shop. Raises MissingWebhookHeaders, InvalidShopDomain.
    """
    signed_shop = parse_compliance_shop(headers.topic, payload)
    if signed_shop is None and headers.shop is None:
        raise MissingWebhookHeaders("Missing or malformed: X-Shopify-Shop-Domain.")
    if signed_shop is None:
        return require_shop_domain(headers.shop or "")
    if headers.shop is not None and headers.shop.lower() != signed_shop:
        log.warning(
            "shop header of a webhook ignored: the signed body has another shop", extra={"topic": headers.topic}
        )
    return signed_shop


def _count_other_version(headers: WebhookHeaders) -> None:
    """Count a delivery whose payload has another API version than the one that we request."""
    version = headers.api_version or API_VERSION
    if version != API_VERSION:
        extra = {"topic": headers.topic, "api_version": version[:20], "requested": API_VERSION}
        log.warning("webhook has another API version", extra=extra)
        DELIVERIES_OF_OTHER_VERSION.count()


def _count_malformed_time(headers: WebhookHeaders) -> None:
    """Count a delivery whose `X-Shopify-Triggered-At` is malformed."""
    if headers.is_time_malformed:
        log.warning("time of a webhook dropped: X-Shopify-Triggered-At malformed", extra={"topic": headers.topic})
        PAYLOAD_PARTS_DROPPED.count(topic=headers.topic)


def republish_delivery(delivery_id: str) -> WebhookDelivery:
    """Publish a stored delivery, as if Shopify repeated it; consumers deduplicate it.

    `delivery_id` is the delivery's key or webhook id. If several deliveries have the webhook id, publishes the one with this
    key, or else the newest. Parses a delivery in status `failed` a second time. Returns the row with its new status.
    Raises DeliveryNotFound.
    """
    row = next(iter(deliveries.list_by_webhook_id(delivery_id)), None)
    if row is None:
        raise DeliveryNotFound
    was_failed = row.status is DeliveryStatus.FAILED
    if was_failed:
        row.status, row.error_message = DeliveryStatus.RECEIVED, None
    message = parse_message(row, payload_storage.load_payload(row))
    if was_failed:
        deliveries.save_parse_result(row)
    if message is not None:
        publish(message)
    return row


def parse_message(row: WebhookDelivery, payload: payload_storage.Payload) -> Message | None:
    """Return the delivery's message; None for a topic without one, or if parsing fails (`row` is then failed)."""
    topic = canonical_topic(row.topic)  # the previous version stored `app_uninstalled` unchanged
    info = DeliveryInfo(row.shop, row.app, topic, row.delivery_id, row.triggered_at or row.received_at)
    try:
        return build_message(info, payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        row.status = DeliveryStatus.FAILED
        row.error_message = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        log.error("webhook payload invalid", extra={"topic": row.topic, "reason": row.error_message})
        DELIVERIES_UNREADABLE.count(topic=row.topic)
        return None
