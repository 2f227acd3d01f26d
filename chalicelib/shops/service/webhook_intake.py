"""Webhook deliveries at the door: put on record once, handed on at least once.

A crash between the record and the message answers 5xx; Shopify then delivers again, which publishes again, so
consumers must be idempotent by `message_id`: that of the first delivery of the event.
"""

from __future__ import annotations

from pydantic import ValidationError

from chalicelib.kit import clock, data_subjects, logs, metrics, tombstones
from chalicelib.kit.messages import Message, publish
from chalicelib.shops.errors import DeliveryNotFound, MissingWebhookHeaders
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from chalicelib.shops.repository import deliveries
from chalicelib.shops.service import payload_storage
from chalicelib.shops.service.auth import WebhookSender
from chalicelib.shops.service.oauth_install import shop_domain
from chalicelib.shops.service.webhook_payloads import DeliveryInfo, message_of
from chalicelib.shops.webhook import HeadersMissing, read

log = logs.logger("shops")


def receive(sender: WebhookSender, body: bytes) -> bool:
    """Record a genuine delivery and hand it on; False where it was on record already, or is about an erased subject.

    Raises MissingWebhookHeaders, InvalidShopDomain, MalformedRequest.
    """
    try:
        heading = read(sender.headers)
    except HeadersMissing as missing:
        raise MissingWebhookHeaders(f"Missing or malformed: {missing}.") from missing
    payload, now = payload_storage.parse(body), clock.now()
    row = WebhookDelivery(
        delivery_id=heading.delivery_id,
        event_id=heading.event_id,
        triggered_at=heading.triggered_at,
        shop=shop_domain(heading.shop),
        app=sender.app,
        topic=heading.topic,
        status=DeliveryStatus.RECEIVED,
        received_at=now,
    )
    message = _message(row, payload)
    about, actors = (message.subjects(), message.actors()) if message else ((data_subjects.app(row.shop, row.app),), {})
    if tombstones.is_erased(*about, actors=actors):
        log.info("not recorded: its subject is erased", extra={"topic": row.topic})
        return False
    row.payload = payload_storage.keep(row, body, payload)
    first = deliveries.add(row)
    if first is not None and first.delivery_id != row.delivery_id:
        row.delivery_id = first.delivery_id  # the event is on record under another delivery's id
        message = _message(row, payload)
    if message is not None and (first is None or first.status is DeliveryStatus.RECEIVED):
        publish(message)
    return first is None


def replay(delivery_id: str) -> WebhookDelivery:
    """Hand a recorded delivery on once more, as if Shopify repeated it: consumers know what they did before.

    One that could not be read is read again; `status` of the answer tells. Raises UnknownDelivery.
    """
    row = deliveries.find(delivery_id)
    if row is None:
        raise DeliveryNotFound
    was_failed = row.status is DeliveryStatus.FAILED
    if was_failed:
        row.status, row.error_message = DeliveryStatus.RECEIVED, None
    message = _message(row, payload_storage.payload_of(row))
    if was_failed:
        deliveries.save_reading(row)
    if message is not None:
        publish(message)
    return row


def _message(row: WebhookDelivery, payload: payload_storage.Payload) -> Message | None:
    """What the delivery says to others; None where nobody listens, or where it cannot be read (then noted in `row`)."""
    told = DeliveryInfo(row.shop, row.app, row.topic, row.delivery_id, row.triggered_at or row.received_at)
    try:
        return message_of(told, payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        row.status = DeliveryStatus.FAILED
        row.error_message = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        log.error("a genuine delivery cannot be read", extra={"topic": row.topic, "reason": row.error_message})
        metrics.count("DeliveriesUnreadable", topic=row.topic)
        return None
