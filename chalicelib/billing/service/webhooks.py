"""Stripe's webhooks: verified, kept as they came, then handled once each however often they are delivered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from chalicelib.billing import signature
from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.errors import InvalidStripeEvent, InvalidStripeSignature, WrongStripeMode
from chalicelib.billing.models import StripeWebhook
from chalicelib.billing.repository import webhooks
from chalicelib.billing.schemas.messages import EventReceived, StripeEvent
from chalicelib.billing.service import events
from chalicelib.billing.service.events import Again
from chalicelib.billing.service.following import Cause
from chalicelib.billing.shapes import StripeObject, id_of
from chalicelib.integrations import storage
from chalicelib.kit import clock, config, logs, messages, secret_reader, tombstones
from chalicelib.kit.auth import Credentials, security
from chalicelib.kit.pages import PageRequest, Slice
from chalicelib.kit.subjects import stripe_customer

log = logs.logger("billing")

ENDS_OF_CHECKOUTS = ("checkout.session.expired", "checkout.session.async_payment_failed")
"""They have their effect without their owner, of whom they tell."""
_NAMES = (
    *("customer", "billing_details", "receipt_email", "receipt_number", "receipt_url", "shipping", "evidence"),
    *(
        "metadata",
        "payment_method",
        "payment_method_details",
        "source",
        "description",
        "statement_descriptor",
        "statement_descriptor_suffix",
    ),
)
"""What tells in a charge or a dispute whose it is."""

MAX_INLINE = 300_000
"""Bytes of an event that still fit a DynamoDB item (400 KB); larger ones lie in S3."""


MOST_ATTEMPTS = 20
"""Of an event that waits for what it builds on."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Stripe, proven by its signature."""

    subject: str = "stripe"


@security("stripeSignature", type="apiKey", name="Stripe-Signature", **{"in": "header"})
def stripe_sender(credentials: Credentials) -> Sender:
    """Stripe, if one of the endpoint's secrets signed the body just now. Raises InvalidStripeSignature."""
    secrets = [secret.strip() for secret in secret_reader.secret("STRIPE_WEBHOOK_SECRET").split(",") if secret.strip()]
    header = credentials.headers.get("stripe-signature", "")
    if not signature.is_genuine(header, credentials.raw_body, secrets, clock.now().timestamp()):
        raise InvalidStripeSignature
    return Sender()


def accept(raw_body: bytes) -> None:
    """Keep a verified event and queue it, again at every delivery until it is processed: a lost message heals.

    Raises InvalidStripeEvent for what is no snapshot event, WrongStripeMode for a test event in the live stage and
    the reverse.
    """
    event = _read(raw_body)
    if event.livemode != (config.settings().stage == "prod"):
        raise WrongStripeMode
    row = webhooks.add(_row(event, raw_body))
    if row.status is not WebhookStatus.PROCESSED:
        messages.publish(EventReceived(stripe_event_id=event.id))


def apply(stripe_event_id: str) -> None:
    """Let a kept event have its effect. What fails keeps its error, and can be delivered or replayed again.

    One of somebody who was erased, of which only its coming was kept, has none.
    """
    row = webhooks.begin(stripe_event_id)
    if row is None:
        log.info("nothing to do: processed or gone", extra={"event": stripe_event_id})
        return
    if row.payload is None and row.payload_ref is None:
        webhooks.finish(row, "what it carried is not kept")
        return
    try:
        shown = _payload(row)["data"]["object"]
        reason = events.handle(row.event_type, shown, Cause(stripe_event_id, row.stripe_created_at))
    except Again:
        if row.attempts >= MOST_ATTEMPTS:
            webhooks.fail(row, "what it builds on does not come")
            return
        webhooks.again(row)
        messages.publish(EventReceived(stripe_event_id=stripe_event_id))
        return
    except Exception as error:
        webhooks.fail(row, logs.redact(f"{type(error).__name__}: {error}"))
        raise
    if reason:
        log.info("an event had no effect", extra={"event": stripe_event_id, "type": row.event_type, "why": reason})
    if (reason or row.event_type in ENDS_OF_CHECKOUTS) and _is_of_erased(shown):
        _forget(row)
    webhooks.finish(row, reason)


def get(stripe_event_id: str) -> StripeWebhook:
    """One event. Raises StripeEventNotFound."""
    return webhooks.get(stripe_event_id)


def list_events(event_type: str | None, status: WebhookStatus | None, page: PageRequest) -> Slice[StripeWebhook]:
    """The events of a type, newest first; else those of a status that have not had their effect, oldest first."""
    if event_type:
        return webhooks.list_by_type(event_type, page)
    return webhooks.list_unfinished(status or WebhookStatus.FAILED, page)


def replay(stripe_event_id: str) -> StripeWebhook:
    """Queue an event once more, whatever became of it. Raises StripeEventNotFound."""
    webhooks.reopen(stripe_event_id)
    messages.publish(EventReceived(stripe_event_id=stripe_event_id))
    return webhooks.get(stripe_event_id)


def _is_of_erased(shown: StripeObject) -> bool:
    """Whether the event tells of somebody who was erased: it came too late."""
    customer = shown["id"] if shown.get("object") == "customer" else id_of(shown.get("customer"))
    return bool(customer) and tombstones.is_erased(stripe_customer(str(customer)))


def _forget(row: StripeWebhook) -> None:
    """Keep no more of an event than that it came."""
    if row.payload_ref:
        storage.delete(row.payload_ref)
    webhooks.forget(row)


def _read(raw_body: bytes) -> StripeEvent:
    try:
        return StripeEvent.model_validate_json(raw_body)
    except ValidationError as error:
        raise InvalidStripeEvent from error


def _row(event: StripeEvent, raw_body: bytes) -> StripeWebhook:
    """The event as it is kept: of a charge or a dispute, which are followed by their payment alone, without names."""
    row = StripeWebhook(
        stripe_event_id=event.id,
        event_type=event.type,
        api_version=event.api_version,
        livemode=event.livemode,
        status=WebhookStatus.RECEIVED,
        unfinished=WebhookStatus.RECEIVED,
        stripe_created_at=datetime.fromtimestamp(event.created, UTC),
        received_at=clock.now(),
    )
    payload = json.loads(raw_body, parse_float=Decimal)
    shown = payload["data"]["object"]
    if shown.get("object") in ("charge", "dispute"):
        for told in (shown, payload["data"].get("previous_attributes") or {}):
            for name in _NAMES:
                told.pop(name, None)
        raw_body = json.dumps(payload, default=str).encode()
    if len(raw_body) <= MAX_INLINE:
        row.payload = payload
    else:
        row.payload_ref = storage.address(config.settings().images_bucket, f"payloads/billing/{event.id}.json")
        storage.put(row.payload_ref, raw_body, "application/json")
    return row


def _payload(row: StripeWebhook) -> dict[str, Any]:
    payload = row.payload if row.payload_ref is None else json.loads(storage.get(row.payload_ref), parse_float=Decimal)
    return dict(payload)
