"""Intake of Stripe webhooks: verify, store and queue each event, then process it once per event id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from chalicelib.billing.domain.event_order import EventContext
from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.errors import CustomerNotFound, InvalidStripeEvent, InvalidStripeSignature, WrongStripeMode
from chalicelib.billing.models import StripeWebhook
from chalicelib.billing.repository import stripe_events
from chalicelib.billing.schemas.messages import EventReceived, StripeEvent
from chalicelib.billing.service.subscriptions import NotOurs
from chalicelib.billing.service.sync import event_handlers
from chalicelib.billing.service.sync.event_handlers import RetryEvent
from chalicelib.billing.stripe_objects.customers import customer_id_of
from chalicelib.integrations import storage
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.integrations.stripe.fields import StripeObject
from chalicelib.integrations.stripe.signature import verify_signature
from chalicelib.kit import clock, config, logs, messages, secret_reader, tombstones
from chalicelib.kit.auth import Credentials, security
from chalicelib.kit.data_subjects import stripe_customer
from chalicelib.kit.pagination import PageRequest, PageResult

log = logs.logger("billing")

ENDS_OF_CHECKOUTS = ("checkout.session.expired", "checkout.session.async_payment_failed")
"""Events that are applied even if their owner was erased; their payload is then deleted."""
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
"""The fields of a charge or dispute that can identify a person. They are not stored."""

MAX_INLINE = 300_000
"""Maximum size in bytes of an event stored in DynamoDB (item limit 400 KB). Larger events are stored in S3."""


_CONNECTED = "an event of a connected account"
"""Why an event with `account` is ignored: its objects are not in our account (docs.stripe.com/connect/webhooks)."""

MOST_ATTEMPTS = 20
"""Maximum number of attempts for an event whose payment is missing."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Stripe as the caller, authenticated by its signature."""

    subject: str = "stripe"


@security("stripeSignature", type="apiKey", name="Stripe-Signature", **{"in": "header"})
def stripe_sender(credentials: Credentials) -> Sender:
    """Authenticate Stripe by its signature.

    Raises InvalidStripeSignature if none of the endpoint's secrets signed the body within the tolerance.
    """
    secrets = [secret.strip() for secret in secret_reader.secret("STRIPE_WEBHOOK_SECRET").split(",") if secret.strip()]
    header = credentials.headers.get("stripe-signature", "")
    if not verify_signature(header, credentials.raw_body, secrets, clock.now().timestamp()):
        raise InvalidStripeSignature
    return Sender()


def receive_event(raw_body: bytes) -> None:
    """Store a verified event and queue it. Every delivery queues it until it is processed, so that no message is lost.

    Raises InvalidStripeEvent if the body is not a snapshot event. Raises WrongStripeMode if a test event arrives in the
    live stage, or a live event in another stage.
    """
    event = _read(raw_body)
    if event.livemode != (config.settings().stage == "prod"):
        raise WrongStripeMode
    row = stripe_events.add(_row(event, raw_body))
    if row.status is not WebhookStatus.PROCESSED:
        messages.publish(EventReceived(stripe_event_id=event.id))


def process_event(stripe_event_id: str) -> None:
    """Process a stored event. A failed event stores its error and can be delivered again or replayed.

    An event without a stored payload, because its data subject was erased, is ignored.
    """
    row = stripe_events.mark_started(stripe_event_id)
    if row is None:
        log.info("stripe event skipped: already processed or deleted", extra={"event": stripe_event_id})
    elif row.payload is None and row.payload_ref is None:
        stripe_events.mark_finished(row, "its payload is not stored")
    else:
        _process(row)


def _process(row: StripeWebhook) -> None:
    try:
        payload = _payload(row)
        stripe_object = payload["data"]["object"]
        reason = _CONNECTED if payload.get("account") else _handle(row, stripe_object)
    except RetryEvent:
        _retry(row)
    except Exception as error:
        stripe_events.fail(row, logs.redact(f"{type(error).__name__}: {error}"))
        raise
    else:
        if reason:
            extra = {"event": row.stripe_event_id, "type": row.event_type, "why": reason}
            log.info("stripe event ignored: %s", reason, extra=extra)
        if (reason or row.event_type in ENDS_OF_CHECKOUTS) and _is_erased(customer_id_of(stripe_object)):
            _forget(row)
        stripe_events.mark_finished(row, reason)


def _handle(row: StripeWebhook, stripe_object: StripeObject) -> str | None:
    """Parse the event's object and pass it to the handler. Return the reason if the event is ignored, else None.

    Raises RetryEvent if the event must be retried.
    """
    handler, reason = event_handlers.HANDLERS.get(row.event_type), None
    try:
        if handler is None:
            raise NotOurs("not handled")
        handler.handle(handler.parse(stripe_object), EventContext(row.stripe_event_id, row.stripe_created_at))
    except NotOurs as error:
        reason = str(error)
    except StripeObjectNotFound:
        reason = "its object no longer exists at Stripe"
    except CustomerNotFound:
        reason = "its owner is no longer registered"
    return reason


def _retry(row: StripeWebhook) -> None:
    """Queue the event again, or let it fail after MOST_ATTEMPTS."""
    if row.attempts >= MOST_ATTEMPTS:
        stripe_events.fail(row, "its payment is still missing after the last attempt")
    else:
        stripe_events.mark_received(row)
        messages.publish(EventReceived(stripe_event_id=row.stripe_event_id))


def get_event(stripe_event_id: str) -> StripeWebhook:
    """Return a stored event. Raises StripeEventNotFound if there is no such event."""
    return stripe_events.get(stripe_event_id)


def list_events(event_type: str | None, status: WebhookStatus | None, page: PageRequest) -> PageResult[StripeWebhook]:
    """List the events of a type, newest first.

    Without a type, list the unfinished events of `status` (default: failed), oldest first.
    """
    if event_type:
        return stripe_events.list_by_type(event_type, page)
    return stripe_events.list_unfinished(status or WebhookStatus.FAILED, page)


def replay_event(stripe_event_id: str) -> StripeWebhook:
    """Queue a stored event again, whatever its status. Raises StripeEventNotFound if there is no such event."""
    stripe_events.reopen_event(stripe_event_id)
    messages.publish(EventReceived(stripe_event_id=stripe_event_id))
    return stripe_events.get(stripe_event_id)


def _is_erased(customer_id: str | None) -> bool:
    """Return whether the Stripe customer was erased."""
    return customer_id is not None and tombstones.is_erased(stripe_customer(customer_id))


def _forget(row: StripeWebhook) -> None:
    """Delete the event's payload; keep its row."""
    if row.payload_ref:
        storage.delete(row.payload_ref)
    stripe_events.forget(row)


def _read(raw_body: bytes) -> StripeEvent:
    try:
        return StripeEvent.model_validate_json(raw_body)
    except ValidationError as error:
        raise InvalidStripeEvent from error


def _row(event: StripeEvent, raw_body: bytes) -> StripeWebhook:
    """Return the event's row, and store a large payload in S3.

    Removes the personal fields of a charge or dispute, because these events are processed by their payment's id only.
    """
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
    stripe_object = payload["data"]["object"]
    if stripe_object.get("object") in ("charge", "dispute"):
        for fields in (stripe_object, payload["data"].get("previous_attributes") or {}):
            for name in _NAMES:
                fields.pop(name, None)
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
