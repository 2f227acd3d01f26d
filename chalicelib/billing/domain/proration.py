"""What a change of plan costs within a period: Stripe's rule, by the second.

The unused time of the old price is credited, the remaining time of the new one charged, each for its share of the
period's seconds, rounded half up to what can be charged in the currency. A change between months and years begins a new period:
the new price is charged whole, the unused part of the old one is credited.
Source: docs.stripe.com/billing/subscriptions/prorations and …/change-price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal
from enum import StrEnum

from chalicelib.billing.domain import money
from chalicelib.billing.domain.credit_months import add_months
from chalicelib.billing.enums import BillingCycle

MONTHS = {BillingCycle.MONTHLY: 1, BillingCycle.ANNUAL: 12}

_EXACT = Context(prec=60)
"""Digits enough that rounding is left to the last step, whatever the amount."""


@dataclass(frozen=True, slots=True)
class Price:
    """What is paid per cycle: `amount` (main unit) for each of `quantity`."""

    amount: Decimal
    currency: str
    cycle: BillingCycle
    quantity: int = 1

    @property
    def whole(self) -> Decimal:
        """The price of a whole period."""
        return self.amount * self.quantity


@dataclass(frozen=True, slots=True)
class Period:
    """What was paid for in advance: from `start` until before `end`."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return int((self.end - self.start) / timedelta(seconds=1))


class LineKind(StrEnum):
    """Why a line is there."""

    UNUSED = "unused"
    REMAINING = "remaining"
    NEW_PERIOD = "new_period"


@dataclass(frozen=True, slots=True)
class ProratedLine:
    """One amount and the time that it is for; a credit is negative."""

    kind: LineKind
    amount: Decimal
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class Proration:
    """What a change at `prorated_at` costs, before discounts and taxes; a negative total is a credit."""

    lines: tuple[ProratedLine, ...]
    total: Decimal
    currency: str
    prorated_at: datetime
    period: Period
    """The period that the subscription is in after the change."""

    @property
    def restarts(self) -> bool:
        """Whether the change begins a new period."""
        return any(line.kind is LineKind.NEW_PERIOD for line in self.lines)


def prorate(old: Price, new: Price, period: Period, at: datetime) -> Proration:
    """The change from `old` to `new` at a moment of the present period, to the second.

    Raises ValueError for a moment outside the period, both ends counting as inside, and for two currencies.
    """
    at = at.replace(microsecond=0)
    if not period.start <= at <= period.end or period.seconds <= 0:
        raise ValueError(f"{at.isoformat()} is not within the period")
    if old.currency != new.currency:
        raise ValueError(f"a change from {old.currency} to {new.currency}")
    left = Period(at, period.end)
    lines = [_line(LineKind.UNUSED, -share(old, left, period), left)]
    if old.cycle is new.cycle:
        lines.append(_line(LineKind.REMAINING, share(new, left, period), left))
    else:
        period = Period(at, add_months(at, MONTHS[new.cycle]))
        lines.append(_line(LineKind.NEW_PERIOD, share(new, period, period), period))
    total = sum((line.amount for line in lines), Decimal(0))
    return Proration(tuple(lines), total, new.currency, at, period)


def is_upgrade(old: Price, new: Price) -> bool:
    """Whether the change is billed at once: it costs more per period, or begins a new one (which Stripe always bills)."""
    return old.cycle is not new.cycle or new.whole > old.whole


def share(price: Price, part: Period, whole: Period) -> Decimal:
    """The part of the price that falls on a part of the period, rounded to what can be charged in its currency."""
    exact = _EXACT.divide(_EXACT.multiply(price.whole, Decimal(part.seconds)), Decimal(whole.seconds))
    return money.rounded(exact, price.currency)


def _line(kind: LineKind, amount: Decimal, period: Period) -> ProratedLine:
    return ProratedLine(kind, amount, period.start, period.end)
