"""Dunning: owners get reminders of a failed payment until it succeeds. Stripe retries the payment."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chalicelib.billing.domain.access import access_until
from chalicelib.billing.domain.dunning import LONGEST, is_being_paid, notice_due
from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.billing.repository import dunning, subscriptions
from chalicelib.billing.schemas.dunning import ReminderDue
from chalicelib.billing.stripe_objects.invoices import parse_invoice
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.kit import clock, ids, logs, messages
from chalicelib.kit.batches import Batch

LOOK_BACK = LONGEST + timedelta(days=7)
"""A schedule that did not run for a week still sends every last notice."""

_NAMESPACE = "5f0d1c52-0a6e-4a57-9d9d-2b7f3c9b1e44"

log = logs.logger("billing")


def notify_due(now: datetime) -> None:
    """Publish the notices that have fallen due, each at least once and always as the same message.

    One subscription that fails ends no other's.
    """
    batch = Batch("billing-send_dunning_notices")
    due = (row for row in dunning.iterate_past_due(now - LOOK_BACK, now) if _notice(row, now) is not None)
    batch.run(due, partial(_publish_notice, now=now), label=lambda row: row.id)
    log.info("reminders published", extra={"count": batch.finish()})


def _publish_notice(due: Subscription, now: datetime) -> None:
    """Publish the notice if a fresh read still shows the payment as failed.

    While a bank debit is processing, no notice is sent; a later run sends it if the debit fails.
    """
    row = subscriptions.find_by_stripe_id(str(due.stripe_subscription_id))
    notice = _notice(row, now) if row else None
    if row is not None and notice is not None and not _is_being_paid(row):
        messages.publish(notice)
        dunning.note_reminded(row, now)


def _is_being_paid(row: Subscription) -> bool:
    """Fetch from Stripe whether the payment is processing: no event that we handle reports the start of a debit."""
    unpaid = stripe_invoices.list_open_invoices(str(row.stripe_subscription_id))
    fetched = (stripe_invoices.retrieve_invoice(str(invoice["id"])) for invoice in unpaid)
    return is_being_paid(parse_invoice(invoice) for invoice in fetched)


def _notice(row: Subscription, now: datetime) -> ReminderDue | None:
    """Return the dunning notice that is due for the subscription, or None."""
    since = row.past_due_since
    if row.status is not SubscriptionStatus.PAST_DUE or since is None:
        return None
    day = notice_due(since, row.reminded_until, now)
    if day is None:
        return None
    return ReminderDue(
        message_id=ids.derived(_NAMESPACE, row.id, clock.iso(since), str(day)),
        owner_type=row.owner_type,
        owner_id=row.owner_id,
        subscription_id=row.id,
        plan_name=row.plan_name,
        notice_day=day,
        past_due_since=since,
        access_until=access_until(row),
    )
