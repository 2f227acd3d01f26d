"""Webhook deliveries at the door: put on record once, handed on at least once.

A crash between the record and the message answers 5xx; Shopify then delivers again, which publishes again, so
consumers must be idempotent by `message_id`: that of the first delivery of the event.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from chalicelib.integrations import storage
from chalicelib.kit import clock, config, logs, metrics
from chalicelib.kit.errors import MalformedRequest
from chalicelib.kit.messages import Message, publish
from chalicelib.shops.errors import MissingWebhookHeaders
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from chalicelib.shops.repository import deliveries
from chalicelib.shops.schemas.messages import DeliveryReceived, OrderPaid
from chalicelib.shops.service.callers import WebhookSender
from chalicelib.shops.service.installing import shop_domain
from chalicelib.shops.service.orders import order_paid
from chalicelib.shops.webhook import HeadersMissing, read

LARGE = 256_000
"""Bytes of a body beyond which it is kept in S3: an item holds 400 KB."""

log = logs.logger("shops")


def receive(sender: WebhookSender, body: bytes) -> bool:
    """Record a genuine delivery and hand it on; False where it was on record already.

    Raises MissingWebhookHeaders, InvalidShopDomain, MalformedRequest.
    """
    try:
        heading = read(sender.headers)
    except HeadersMissing as missing:
        raise MissingWebhookHeaders(f"Missing or malformed: {missing}.") from missing
    payload, now = _parse(body), clock.now()
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
    row.payload = payload if len(body) <= LARGE else {"stored_at": _store(row, body)}
    first = deliveries.add(row)
    if first is not None and first.delivery_id != row.delivery_id:
        row.delivery_id = first.delivery_id  # the event is on record under another delivery's id
        message = _message(row, payload)
    if message is not None and (first is None or first.status is DeliveryStatus.RECEIVED):
        publish(message)
    return first is None


def _parse(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not JSON.") from error
    if not isinstance(payload, dict):
        raise MalformedRequest("The body is not a JSON object.")
    return dict(_whole(payload)) if b"\\ud" in body.lower() else payload


def _whole(value: Any) -> Any:
    """The same JSON with half characters, such as a cut emoji's, replaced: no store and no message takes them."""
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _message(row: WebhookDelivery, payload: dict[str, Any]) -> Message | None:
    """What the delivery says to others; None where nobody listens, or where it cannot be read (then noted in `row`)."""
    make = _MESSAGES.get(row.topic)
    if make is None:
        return None
    try:
        return make(row, payload, row.triggered_at or row.received_at)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        row.status = DeliveryStatus.FAILED
        row.error_message = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        log.error("a genuine delivery cannot be read", extra={"topic": row.topic, "reason": row.error_message})
        metrics.count("DeliveriesUnreadable", topic=row.topic)
        return None


def _order_paid(row: WebhookDelivery, payload: dict[str, Any], triggered_at: datetime) -> OrderPaid:
    return order_paid(row.shop, row.app, payload, triggered_at, row.delivery_id)


def _for_ourselves(row: WebhookDelivery, _payload: dict[str, Any], triggered_at: datetime) -> DeliveryReceived:
    return DeliveryReceived(
        message_id=row.delivery_id,
        shop=row.shop,
        app=row.app,
        webhook_topic=row.topic,
        delivery_id=row.delivery_id,
        triggered_at=triggered_at,
    )


_MESSAGES: dict[str, Callable[[WebhookDelivery, dict[str, Any], datetime], Message]] = {
    "orders/paid": _order_paid,
    "app/uninstalled": _for_ourselves,
}


def _store(row: WebhookDelivery, body: bytes) -> str:
    key = f"payloads/shops/{row.shop}/{row.app}/{row.delivery_id}.json"
    url = storage.address(config.settings().images_bucket, key)
    storage.put(url, body, "application/json")
    return url
