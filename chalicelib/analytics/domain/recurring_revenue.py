"""A subscription's MRR over time: the merge of what billing reports, in any order and more than once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

MAX_STEPS = 200
"""Steps that a subscription keeps; the oldest fold into one."""
ZERO = Decimal("0.000000")
_SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class RevenueStep:
    """The amounts of one month from `begins_at` on, in the subscription's currency.

    `rate` is the value of one unit in the reporting currency, entered for `rate_day`; None if there is none.
    """

    begins_at: datetime
    plan: Decimal
    addons: Decimal
    rate: Decimal | None = None
    rate_day: date | None = None

    @property
    def amount(self) -> Decimal:
        """The sum of the plan and the add-ons."""
        return self.plan + self.addons

    @property
    def day(self) -> date:
        """The day (UTC) on which the step begins."""
        return self.begins_at.astimezone(UTC).date()


@dataclass(frozen=True, slots=True)
class RevenueHistory:
    """What is known of a subscription: its steps in order, and the state that the last of them come from.

    `as_of` is when billing knew that state, `effective_at` from when on it applies. Nothing before changes any more.
    """

    steps: tuple[RevenueStep, ...]
    as_of: datetime
    effective_at: datetime
    is_final: bool = False


def merge_state(history: RevenueHistory | None, state: RevenueHistory) -> RevenueHistory | None:
    """Return the history with a reported state; None if the state is stale or known.

    The state with the later `as_of` counts, a final one over all others. If it applies from before the last known
    change, its steps apply from that change on.
    """
    if history is None:
        return replace(state, steps=_folded(_joined(_steps_from(state, state.effective_at))))
    if (state.is_final, state.as_of) <= (history.is_final, history.as_of):
        return None
    boundary = max(history.effective_at, state.effective_at)
    kept = [step for step in history.steps if step.begins_at < boundary]
    steps = _joined([*kept, *_steps_from(state, boundary)])
    return RevenueHistory(_folded(steps), state.as_of, boundary, state.is_final)


def step_at_end(steps: Sequence[RevenueStep], day: date) -> RevenueStep | None:
    """Return the step that applies at the end of a day (UTC); None before the first one."""
    number = bisect_left(steps, end_of(day), key=lambda step: step.begins_at)
    return steps[number - 1] if number else None


def end_of(day: date) -> datetime:
    """Return the end of a day in UTC, which is the start of the next one."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def in_reporting_currency(step: RevenueStep) -> Decimal:
    """Return a step's amount in the reporting currency, six places; 0 without a rate."""
    return six_places(step.amount * step.rate) if step.rate is not None else ZERO


def six_places(amount: Decimal) -> Decimal:
    """Return the amount rounded to six places, half up."""
    return amount.quantize(_SIX_PLACES, ROUND_HALF_UP)


def _steps_from(state: RevenueHistory, boundary: datetime) -> list[RevenueStep]:
    """Return the steps of a state from the boundary on; the one that applies there begins at it."""
    ordered = sorted(state.steps, key=lambda step: step.begins_at)
    begun = [step for step in ordered if step.begins_at <= boundary]
    current = begun[-1] if begun else RevenueStep(boundary, ZERO, ZERO)
    return [replace(current, begins_at=boundary), *(step for step in ordered if step.begins_at > boundary)]


def _joined(steps: Iterable[RevenueStep]) -> tuple[RevenueStep, ...]:
    """Return the steps with equal neighbors as one, which keeps the rate of the earlier."""
    joined: list[RevenueStep] = []
    for step in steps:
        if joined and (joined[-1].plan, joined[-1].addons) == (step.plan, step.addons):
            continue
        joined.append(step)
    return tuple(joined)


def _folded(steps: tuple[RevenueStep, ...]) -> tuple[RevenueStep, ...]:
    """Return at most MAX_STEPS steps: the oldest fold into the last of them.

    If that is 0, the last one above 0 stays as well: a customer who paid before is reactivated, not new.
    """
    if len(steps) <= MAX_STEPS:
        return steps
    kept = MAX_STEPS - 2
    oldest, newest = steps[:-kept], steps[-kept:]
    paid = [step for step in oldest[:-1] if step.amount] if not oldest[-1].amount else []
    return (*paid[-1:], oldest[-1], *newest)
