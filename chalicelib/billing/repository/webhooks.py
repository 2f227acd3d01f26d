"""Stripe's events as they came, and what became of them."""

from __future__ import annotations

from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.update import Action

from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.models import StripeWebhook
from chalicelib.kit import clock

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


def begin(stripe_event_id: str) -> StripeWebhook | None:
    """Count an attempt; None where there is nothing to do: processed already, or gone."""
    row = StripeWebhook(stripe_event_id)
    return row if _update(row, _set(WebhookStatus.PROCESSING), StripeWebhook.attempts.add(1)) else None


def finish(row: StripeWebhook, ignored_because: str | None) -> None:
    """The event has had its effect, or will have none, for the reason given. It goes 90 days from now."""
    now = clock.now()
    _update(
        row,
        _set(WebhookStatus.IGNORED if ignored_because else WebhookStatus.PROCESSED),
        StripeWebhook.processed_at.set(now),
        StripeWebhook.expires_epoch.set(now + StripeWebhook.KEEP),
        _message(ignored_because) if ignored_because else StripeWebhook.error_message.remove(),
    )


def fail(row: StripeWebhook, message: str) -> None:
    """The attempt failed; the event stays and can be tried again."""
    _update(row, _set(WebhookStatus.FAILED), _message(message))


def _set(status: WebhookStatus) -> Action:
    return StripeWebhook.status.set(status)


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
