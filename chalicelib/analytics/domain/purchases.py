"""Purchases of subscriptions: the days on which a customer's MRR leaves 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chalicelib.analytics.domain.mrr_movements import Movement, SubscriptionSteps
from chalicelib.analytics.enums import MovementKind

PURCHASED = "subscription_purchased"
"""The name of the event of a purchase."""
_FROM_ZERO = frozenset({MovementKind.NEW, MovementKind.REACTIVATION})


@dataclass(frozen=True, slots=True)
class Purchase:
    """The start of a customer's MRR on a day (UTC), with the MRR at its end in the reporting currency."""

    day: date
    at: datetime
    kind: MovementKind
    mrr: Decimal


def purchases(subscriptions: Sequence[SubscriptionSteps], movements: Sequence[Movement]) -> Iterator[Purchase]:
    """Yield a purchase for each movement from 0, at the day's first step with an amount."""
    for movement in movements:
        if movement.kind in _FROM_ZERO:
            steps = [step for each in subscriptions for step in each.steps if step.day == movement.day and step.amount]
            at = min(step.begins_at for step in steps)
            yield Purchase(movement.day, at, movement.kind, movement.after.mrr)
