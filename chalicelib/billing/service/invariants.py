"""What must hold at any time; where it does not, somebody is told. Nothing is put right here but lost messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.billing.enums import SubscriptionStatus, WebhookStatus
from chalicelib.billing.repository import credits, discount_codes, payments, stripe_events, subscriptions
from chalicelib.billing.schemas.messages import EventReceived
from chalicelib.billing.service.credits import months_between
from chalicelib.kit import logs, messages, metrics

log = logs.logger("billing")

INVARIANTS = ("period_over", "balance", "payment_without_event", "code_miscounted", "event_unprocessed")

PATIENCE = timedelta(minutes=10)
"""What may be unfinished for so long."""
_FORGOTTEN = timedelta(days=365)
"""So far back subscriptions are looked for that nobody told of: a month is one query, which seldom finds any."""
_RENEWING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)


def check(now: datetime) -> list[str]:
    """Name each thing that does not add up in a log line and count it in the metric `InvariantsBroken`, by kind.

    Events whose message was lost are queued again.
    """
    broken = []
    looked = (_overdue(now), _unbalanced(now), _untold(now), _miscounted(), _unprocessed(now))
    for kind, found in zip(INVARIANTS, looked, strict=True):
        named = list(found)
        for subject in named:
            log.error("an invariant is broken", extra={"invariant": kind, "subject": subject})
        metrics.count("InvariantsBroken", len(named), invariant=kind)
        broken += [f"{kind}:{subject}" for subject in named]
    return broken


def _overdue(now: datetime) -> Iterator[str]:
    """Subscriptions that go on although their period ended: no renewal was told of, and no end."""
    for month in months_between(now - _FORGOTTEN, now):
        for row in subscriptions.iterate_due(month, now - PATIENCE):
            if row.status in _RENEWING:
                yield row.id


def _unbalanced(now: datetime) -> Iterator[str]:
    """Of the balances that changed since yesterday those that are not the sum of their ledger."""
    for day in (now - timedelta(days=1), now):
        for row in credits.iterate_changed(f"{day:%Y-%m-%d}"):
            if credits.total(row.relationship_id) != credits.balance(row.relationship_id).balance:
                yield row.relationship_id


def _untold(now: datetime) -> Iterator[str]:
    """Payments that were completed here since yesterday, whenever begun, and no event on record says so."""
    for day in (now - timedelta(days=1), now):
        for row in payments.iterate_completed(f"{day:%Y-%m-%d}"):
            if row.stripe_event_id is None or not stripe_events.is_on_record(row.stripe_event_id):
                yield row.id


def _miscounted() -> Iterator[str]:
    """Codes whose counter is not the number of their uses."""
    for row in discount_codes.iterate():
        if discount_codes.get(row.code).times_used != discount_codes.count_uses(row.code):
            yield row.code


def _unprocessed(now: datetime) -> Iterator[str]:
    for row in stripe_events.iterate_unfinished(now - PATIENCE):
        if row.status is not WebhookStatus.FAILED:
            messages.publish(EventReceived(stripe_event_id=row.stripe_event_id))
        yield row.stripe_event_id
