"""Dunning: the days on which an owner is notified of a failed payment.

Notices are due on days 0, 2, 7 and 14 of the oldest unpaid invoice. Stripe retries the payment during this time. Access
ends after seven days (`access`), counted from the oldest unpaid invoice. Writing that invoice off, or paying it after a
later one became due, does not restart the seven days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.billing.enums import PaymentStatus
from chalicelib.billing.stripe_objects.invoices import StripeInvoice

NOTICE_DAYS = (0, 2, 7, 14)
LONGEST = timedelta(days=NOTICE_DAYS[-1])


def notice_due(past_due_since: datetime, after: datetime | None, until: datetime) -> int | None:
    """Return the day of the notice due after `after` (None: at any time) and at or before `until`; None if there is none.

    If several notices are due, return only the latest, so that an overdue owner gets one notice. Consecutive windows
    return each notice at most once.
    """
    moments = ((day, past_due_since + timedelta(days=day)) for day in NOTICE_DAYS)
    return max((day for day, at in moments if at <= until and (after is None or after < at)), default=None)


def unpaid_since(invoices: Iterable[StripeInvoice]) -> datetime | None:
    """Return when the oldest invoice of the current arrears became due; None if no payment is overdue.

    `invoices` are those of a subscription, newest first. The arrears begin after the last invoice that was paid before
    the next one became due, because the subscription was active at Stripe at that time.
    """
    since, next_due = list[datetime](), None
    for invoice in invoices:
        due, settled_at = invoice.finalized_at, invoice.settled_at
        if due is None:
            continue
        is_late = next_due is not None and settled_at is not None and settled_at > next_due
        if invoice.is_owed or is_late:
            since.append(due)
        elif invoice.status is not PaymentStatus.COMPLETED:  # voided, or waived by a paused collection
            continue
        elif since:
            break
        next_due = due
    return min(since, default=None)


def is_being_paid(invoices: Iterable[StripeInvoice]) -> bool:
    """Return whether a bank debit for an open invoice is processing and no open invoice has a failed payment."""
    statuses = {(invoice.is_processing, invoice.status) for invoice in invoices}
    return any(processing for processing, _ in statuses) and all(
        status is not PaymentStatus.FAILED for _, status in statuses
    )
