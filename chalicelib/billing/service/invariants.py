"""Invariants between tables: a violation raises an alarm. Only lost messages are repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from chalicelib.billing.enums import SubscriptionStatus, WebhookStatus
from chalicelib.billing.metrics import INVARIANTS, INVARIANTS_BROKEN
from chalicelib.billing.repository import credits, discount_codes, payments, stripe_events, subscriptions
from chalicelib.billing.schemas.messages import EventReceived
from chalicelib.billing.service.credits import months_between
from chalicelib.kit import logs, messages
from chalicelib.kit.batches import Batch

log = logs.logger("billing")

PATIENCE = timedelta(minutes=10)
"""How long work may be unfinished."""
_FORGOTTEN = timedelta(days=365)
"""How far back overdue subscriptions are searched: one query per month, which seldom returns any."""
_RENEWING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)


def check(now: datetime) -> list[str]:
    """Log each violation, and count it in the metric `InvariantsBroken` by kind.

    Events whose message was lost are queued again.
    """
    broken, batch = list[str](), Batch("billing-check_invariants")
    suspects_by_kind = (_overdue(now), _unbalanced(now), _without_event(now), _miscounted(), _unprocessed(now))
    for kind, suspects in zip(INVARIANTS, suspects_by_kind, strict=True):
        named = list[str]()
        batch.run(suspects, partial(_note_broken, named), label=lambda suspect: suspect.name)
        for subject in named:
            log.error("invariant broken", extra={"invariant": kind, "subject": subject})
        INVARIANTS_BROKEN.count(len(named), invariant=kind)
        broken += [f"{kind}:{subject}" for subject in named]
    batch.finish()
    return broken


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row that may violate an invariant; `is_broken` reads what decides. If it fails, the others are still checked."""

    name: str
    is_broken: Callable[[], bool]


def _note_broken(named: list[str], suspect: Suspect) -> None:
    if suspect.is_broken():
        named.append(suspect.name)


def _overdue(now: datetime) -> Iterator[Suspect]:
    """Yield the subscriptions whose period has ended without an event of a renewal or an end."""
    for month in months_between(now - _FORGOTTEN, now):
        for row in subscriptions.iterate_due(month, now - PATIENCE):
            if row.status in _RENEWING:
                yield Suspect(row.id, lambda: True)


def _unbalanced(now: datetime) -> Iterator[Suspect]:
    """Yield the balances that changed since yesterday; one is broken if it is not the sum of its ledger."""
    for day in (now - timedelta(days=1), now):
        for row in credits.iterate_changed(f"{day:%Y-%m-%d}"):
            yield Suspect(row.relationship_id, partial(_is_unbalanced, row.relationship_id))


def _is_unbalanced(relationship_id: str) -> bool:
    return credits.total(relationship_id) != credits.balance(relationship_id).balance


def _without_event(now: datetime) -> Iterator[Suspect]:
    """Yield the payments completed since yesterday for which no Stripe event is stored."""
    for day in (now - timedelta(days=1), now):
        for row in payments.iterate_completed(f"{day:%Y-%m-%d}"):
            yield Suspect(row.id, partial(_is_without_event, row.stripe_event_id))


def _is_without_event(stripe_event_id: str | None) -> bool:
    return stripe_event_id is None or not stripe_events.is_stored(stripe_event_id)


def _miscounted() -> Iterator[Suspect]:
    """Yield the discount codes; one is broken if its counter is not the number of its uses."""
    for row in discount_codes.iterate():
        yield Suspect(row.code, partial(_is_miscounted, row.code))


def _is_miscounted(code: str) -> bool:
    return discount_codes.get(code).times_used != discount_codes.count_uses(code)


def _unprocessed(now: datetime) -> Iterator[Suspect]:
    for row in stripe_events.iterate_unfinished(now - PATIENCE):
        yield Suspect(row.stripe_event_id, partial(_queue_again, row.stripe_event_id, row.status))


def _queue_again(stripe_event_id: str, status: WebhookStatus) -> bool:
    """Queue an event again unless it failed; it is unprocessed either way."""
    if status is not WebhookStatus.FAILED:
        messages.publish(EventReceived(stripe_event_id=stripe_event_id))
    return True
