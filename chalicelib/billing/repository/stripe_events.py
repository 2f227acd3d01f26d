"""Stripe events as received, and their processing status."""

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
    """Store the event, and return it; if it is stored already, return the existing row."""
    try:
        row.save(condition=StripeWebhook.stripe_event_id.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return StripeWebhook.get(row.stripe_event_id, consistent_read=True)
    return row


def get(stripe_event_id: str) -> StripeWebhook:
    """Return the event, read consistently. Raises StripeEventNotFound if it is not stored."""
    try:
        return StripeWebhook.get(stripe_event_id, consistent_read=True)
    except StripeWebhook.DoesNotExist as error:
        raise StripeEventNotFound from error


def is_stored(stripe_event_id: str) -> bool:
    """Return whether the event is stored."""
    return bool(StripeWebhook.count(stripe_event_id))


def mark_started(stripe_event_id: str) -> StripeWebhook | None:
    """Count a processing attempt; return None if the event is already processed or was deleted."""
    row = StripeWebhook(stripe_event_id)
    return row if _update(row, *_unfinished(WebhookStatus.PROCESSING), StripeWebhook.attempts.add(1)) else None


def mark_finished(row: StripeWebhook, ignored_because: str | None) -> None:
    """Mark the event as processed, or as ignored for the given reason. It expires in 90 days."""
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
    """Mark the attempt as failed. The event stays stored and can be retried."""
    _update(row, *_unfinished(WebhookStatus.FAILED), _message(message))


def forget(row: StripeWebhook) -> None:
    """Delete the event's payload; keep its processing status."""
    _update(row, StripeWebhook.payload.remove(), StripeWebhook.payload_ref.remove())


def mark_received(row: StripeWebhook) -> None:
    """Mark the event as received, so that it is processed again."""
    _update(row, *_unfinished(WebhookStatus.RECEIVED))


def reopen_event(stripe_event_id: str) -> None:
    """Mark a processed or ignored event as received, so that it is processed again.

    Raises StripeEventNotFound if it is not stored.
    """
    actions = [
        *_unfinished(WebhookStatus.RECEIVED),
        StripeWebhook.expires_epoch.remove(),
        StripeWebhook.processed_at.remove(),
    ]
    if not update_if(StripeWebhook(stripe_event_id), actions, StripeWebhook.status.exists()):
        raise StripeEventNotFound


def list_by_type(event_type: str, page: PageRequest) -> PageResult[StripeWebhook]:
    """Return one page of the events of a type, newest first, without their payloads."""
    return pagination.query_page(
        StripeWebhook.by_type.query(
            event_type, limit=page.limit, last_evaluated_key=page.start, scan_index_forward=False
        )
    )


def list_unfinished(status: WebhookStatus, page: PageRequest) -> PageResult[StripeWebhook]:
    """Return one page of the unfinished events of a status, oldest first, without their payloads."""
    return pagination.query_page(
        StripeWebhook.by_unfinished.query(status, limit=page.limit, last_evaluated_key=page.start)
    )


def iterate_unfinished(before: datetime) -> Iterator[StripeWebhook]:
    """Yield the unfinished events that were received before `before`."""
    for status in (WebhookStatus.RECEIVED, WebhookStatus.PROCESSING, WebhookStatus.FAILED):
        yield from readable_rows(StripeWebhook.by_unfinished.query(status, StripeWebhook.received_at < before))


def _unfinished(status: WebhookStatus) -> list[Action]:
    return [StripeWebhook.status.set(status), StripeWebhook.unfinished.set(status)]


def _message(text: str) -> Action:
    return StripeWebhook.error_message.set(text[:ERROR_LENGTH])


def _update(row: StripeWebhook, *actions: Action) -> bool:
    """Change the row unless it was deleted or is processed; return whether it was changed."""
    condition = StripeWebhook.status.exists() & (StripeWebhook.status != WebhookStatus.PROCESSED)
    try:
        row.update(actions=list(actions), condition=condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
