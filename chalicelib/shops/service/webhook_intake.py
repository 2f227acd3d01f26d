"""Webhook intake: a delivery is stored once and published at least once.

After a crash between write and publish, Shopify retries the delivery, which publishes it. Consumers must therefore be
idempotent by `message_id`, the id of the event's first delivery.
"""

from __future__ import annotations

from pydantic import ValidationError

from chalicelib.kit import clock, data_subjects, logs, tombstones
from chalicelib.kit.messages import Message, publish
from chalicelib.shops.errors import DeliveryNotFound, MissingWebhookHeaders
from chalicelib.shops.metrics import DELIVERIES_UNREADABLE
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from chalicelib.shops.repository import deliveries
from chalicelib.shops.service import payload_storage
from chalicelib.shops.service.auth import WebhookSender
from chalicelib.shops.service.oauth_install import require_shop_domain
from chalicelib.shops.service.webhook_payloads import DeliveryInfo, build_message
from chalicelib.shops.webhook_headers import HeadersMissing, parse_webhook_headers

log = logs.logger("shops")


def receive_webhook(sender: WebhookSender, body: bytes) -> bool:
    """Store a verified delivery and publish it. Returns False if it was stored before, or its subject is erased.

    Raises MissingWebhookHeaders, InvalidShopDomain, MalformedRequest.
    """
    try:
        headers = parse_webhook_headers(sender.headers)
    except HeadersMissing as error:
        raise MissingWebhookHeaders(f"Missing or malformed: {error}.") from error
    payload, now = payload_storage.parse_body(body), clock.now()
    row = WebhookDelivery(
        delivery_id=headers.delivery_id,
        event_id=headers.event_id,
        triggered_at=headers.triggered_at,
        shop=require_shop_domain(headers.shop),
        app=sender.app,
        topic=headers.topic,
        status=DeliveryStatus.RECEIVED,
        received_at=now,
    )
    message = _parse_message(row, payload)
    subjects, actors = (
        (message.subjects(), message.actors()) if message else ((data_subjects.app(row.shop, row.app),), {})
    )
    if tombstones.is_erased(*subjects, actors=actors):
        log.info("webhook not stored: its subject is erased", extra={"topic": row.topic})
        return False
    row.payload = payload_storage.store_payload(row, body, payload)
    first = deliveries.add(row)
    if first is not None and first.delivery_id != row.delivery_id:
        row.delivery_id = first.delivery_id  # the event is stored with another delivery's id
        message = _parse_message(row, payload)
    if message is not None and (first is None or first.status is DeliveryStatus.RECEIVED):
        publish(message)
    return first is None


def republish_delivery(delivery_id: str) -> WebhookDelivery:
    """Publish a stored delivery, as if Shopify repeated it; consumers deduplicate it.

    Parses a delivery in status `failed` a second time. Returns the row with its new status. Raises DeliveryNotFound.
    """
    row = deliveries.find(delivery_id)
    if row is None:
        raise DeliveryNotFound
    was_failed = row.status is DeliveryStatus.FAILED
    if was_failed:
        row.status, row.error_message = DeliveryStatus.RECEIVED, None
    message = _parse_message(row, payload_storage.load_payload(row))
    if was_failed:
        deliveries.save_parse_result(row)
    if message is not None:
        publish(message)
    return row


def _parse_message(row: WebhookDelivery, payload: payload_storage.Payload) -> Message | None:
    """Return the delivery's message; None for a topic without one, or if parsing fails (`row` is then failed)."""
    info = DeliveryInfo(row.shop, row.app, row.topic, row.delivery_id, row.triggered_at or row.received_at)
    try:
        return build_message(info, payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        row.status = DeliveryStatus.FAILED
        row.error_message = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        log.error("webhook payload invalid", extra={"topic": row.topic, "reason": row.error_message})
        DELIVERIES_UNREADABLE.count(topic=row.topic)
        return None
