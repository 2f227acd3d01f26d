"""Movements: how a customer's MRR changes from the end of one day (UTC) to the end of the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from chalicelib.analytics.domain.recurring_revenue import (
    ZERO,
    RevenueStep,
    in_reporting_currency,
    step_at_end,
)
from chalicelib.analytics.enums import MovementKind


@dataclass(frozen=True, slots=True)
class SubscriptionSteps:
    """The MRR of one subscription over time, in its currency."""

    id: str
    currency: str
    steps: tuple[RevenueStep, ...]


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A customer's MRR at the end of a day, in the reporting currency.

    `subscriptions` are those with MRR. `unconverted` is the MRR without an exchange rate, by currency: it is neither in
    `mrr` nor in `subscriptions`.
    """

    mrr: Decimal = ZERO
    subscriptions: frozenset[str] = frozenset()
    unconverted: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Movement:
    """The change of a customer's MRR on a day. The committed MRR is that of the last known step."""

    day: date
    kind: MovementKind
    before: CustomerState
    after: CustomerState
    committed_before: Decimal
    committed_after: Decimal

    @property
    def amount(self) -> Decimal:
        """The change of the MRR, negative for a contraction or churn."""
        return self.after.mrr - self.before.mrr


def customer_movements(
    subscriptions: Sequence[SubscriptionSteps], first_day: date, today: date, committed: Mapping[date, Decimal]
) -> list[Movement]:
    """Return the movements of a customer from `first_day` to `today`, in order.

    `committed` is the committed MRR that earlier computations set, by day. A day before today keeps it, or moves it with
    the MRR; today's is the present one.
    """
    stepped = {step.day for each in subscriptions for step in each.steps}
    days = sorted(day for day in {*stepped, *committed, today} if day <= today)
    movements: list[Movement] = []
    before, was_paid = CustomerState(), False
    committed_before = _committed_before(committed, first_day)
    for day in days:
        after = state_at_end(subscriptions, day)
        if day >= first_day:
            moved = committed_before + after.mrr - before.mrr
            committed_after = committed.get(day, moved) if day < today else committed_mrr(subscriptions)
            if after != before or committed_after != committed_before:
                kind = _kind(before.mrr, after.mrr, was_paid=was_paid)
                movements.append(Movement(day, kind, before, after, committed_before, committed_after))
            committed_before = committed_after
        was_paid |= after.mrr > 0
        before = after
    return movements


def state_at_end(subscriptions: Iterable[SubscriptionSteps], day: date) -> CustomerState:
    """Return the customer's state at the end of a day."""
    mrr, active, unconverted = ZERO, set(), dict[str, Decimal]()
    for each in subscriptions:
        step = step_at_end(each.steps, day)
        if step is None or not step.amount:
            continue
        if step.rate is None:
            unconverted[each.currency] = unconverted.get(each.currency, ZERO) + step.amount
        else:
            mrr += in_reporting_currency(step)
            active.add(each.id)
    return CustomerState(mrr, frozenset(active), unconverted)


def committed_mrr(subscriptions: Iterable[SubscriptionSteps]) -> Decimal:
    """Return the MRR of the last known steps. A step that has not begun takes the last rate before it."""
    total = ZERO
    for each in subscriptions:
        rates = [step.rate for step in each.steps if step.rate is not None]
        if rates:
            last = each.steps[-1]
            total += in_reporting_currency(RevenueStep(last.begins_at, last.plan, last.addons, rates[-1]))
    return total


def _committed_before(committed: Mapping[date, Decimal], first_day: date) -> Decimal:
    days = [day for day in committed if day < first_day]
    return committed[max(days)] if days else ZERO


def _kind(before: Decimal, after: Decimal, *, was_paid: bool) -> MovementKind:
    """Return the kind of a movement; a change of other figures alone is an expansion of 0."""
    if before == 0 < after:
        return MovementKind.REACTIVATION if was_paid else MovementKind.NEW
    if after == 0 < before:
        return MovementKind.CHURN
    return MovementKind.EXPANSION if after >= before else MovementKind.CONTRACTION


def change_of_unconverted(movement: Movement) -> dict[str, Decimal]:
    """Return the change of the MRR without an exchange rate, by currency."""
    before, after = movement.before.unconverted, movement.after.unconverted
    changes = {currency: after.get(currency, ZERO) - before.get(currency, ZERO) for currency in {*before, *after}}
    return {currency: change for currency, change in sorted(changes.items()) if change}


def days_to_rate(subscriptions: Iterable[SubscriptionSteps], today: date) -> dict[str, set[date]]:
    """Return the days of begun steps without a rate, by currency."""
    days: dict[str, set[date]] = {}
    for each in subscriptions:
        for step in each.steps:
            if step.rate is None and step.day <= today and step.amount:
                days.setdefault(each.currency, set()).add(step.day)
    return days
