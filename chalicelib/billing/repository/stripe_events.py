"""Stripe's events as they came, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.update import Action

from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.errors import StripeEventNotFound
from chalicelib.billing.models import StripeWebhook
from chalicelib.kit import clock, pagination
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import readable_rows, update_if

ERROR_LENGTH = 500


def add(row: StripeWebhook) -> StripeWebhook:
    """Record the event; where it is on record already, the row that is there."""
    try:
        row.save(condition=StripeWebhook.stripe_event_id.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return StripeWebhook.get(row.stripe_event_id, consistent_read=True)
    return row


def get(stripe_event_id: str) -> StripeWebhook:
    """The event, read consistently. Raises StripeEventNotFound."""
    try:
        return StripeWebhook.get(stripe_event_id, consistent_read=True)
    except StripeWebhook.DoesNotExist as error:
        raise StripeEventNotFound from error


def is_on_record(stripe_event_id: str) -> bool:
    """Whether the event was received."""
    return bool(StripeWebhook.count(stripe_event_id))


def begin(stripe_event_id: str) -> StripeWebhook | None:
    """Count an attempt; None where there is nothing to do: processed already, or gone."""
    row = StripeWebhook(stripe_event_id)
    return row if _update(row, *_unfinished(WebhookStatus.PROCESSING), StripeWebhook.attempts.add(1)) else None


def finish(row: StripeWebhook, ignored_because: str | None) -> None:
    """The event has had its effect, or will have none, for the reason given. It goes 90 days from now."""
    now = clock.now()
    _update(
        row,
        StripeWebhook.status.set(WebhookStatus.IGNORED if ignored_because else WebhookStatus.PROCESSED),
        StripeWebhook.unfinished.remove(),
        StripeWebhook.processed_at.set(now),
        StripeWebhook.expires_epoch.set(now + StripeWebhook.KEEP),
        _message(ignored_because) if ignored_because else StripeWebhook.error_message.remove(),
    )


def fail(row: StripeWebhook, message: str) -> None:
    """The attempt failed; the event stays and can be tried again."""
    _update(row, *_unfinished(WebhookStatus.FAILED), _message(message))


def forget(row: StripeWebhook) -> None:
    """Keep what came of the event, not what it carried."""
    _update(row, StripeWebhook.payload.remove(), StripeWebhook.payload_ref.remove())


def again(row: StripeWebhook) -> None:
    """The event is to be handled once more."""
    _update(row, *_unfinished(WebhookStatus.RECEIVED))


def reopen(stripe_event_id: str) -> None:
    """Let an event that was handled, or had no effect, be handled once more. Raises StripeEventNotFound."""
    actions = [
        *_unfinished(WebhookStatus.RECEIVED),
        StripeWebhook.expires_epoch.remove(),
        StripeWebhook.processed_at.remove(),
    ]
    if not update_if(StripeWebhook(stripe_event_id), actions, StripeWebhook.status.exists()):
        raise StripeEventNotFound


def list_by_type(event_type: str, page: PageRequest) -> PageResult[StripeWebhook]:
    """One page of the events of a type, newest first, without their payloads."""
    return pagination.query_page(
        StripeWebhook.by_type.query(
            event_type, limit=page.limit, last_evaluated_key=page.start, scan_index_forward=False
        )
    )


def list_unfinished(status: WebhookStatus, page: PageRequest) -> PageResult[StripeWebhook]:
    """One page of the events that have not had their effect, oldest first, without their payloads."""
    return pagination.query_page(
        StripeWebhook.by_unfinished.query(status, limit=page.limit, last_evaluated_key=page.start)
    )


def iterate_unfinished(before: datetime) -> Iterator[StripeWebhook]:
    """Events that came before that moment and have not had their effect."""
    for status in (WebhookStatus.RECEIVED, WebhookStatus.PROCESSING, WebhookStatus.FAILED):
        yield from readable_rows(StripeWebhook.by_unfinished.query(status, StripeWebhook.received_at < before))


def _unfinished(status: WebhookStatus) -> list[Action]:
    return [StripeWebhook.status.set(status), StripeWebhook.unfinished.set(status)]


def _message(text: str) -> Action:
    return StripeWebhook.error_message.set(text[:ERROR_LENGTH])


def _update(row: StripeWebhook, *actions: Action) -> bool:
    """Change the row unless it is gone or another attempt has processed it; whether it was changed."""
    condition = StripeWebhook.status.exists() & (StripeWebhook.status != WebhookStatus.PROCESSED)
    try:
        row.update(actions=list(actions), condition=condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
