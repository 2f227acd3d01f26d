"""Proration: the cost of a plan change within a period, by Stripe's rule, to the second.

The unused time of the old price is credited, and the remaining time of the new price is charged. Each amount is the
share of the period's seconds, rounded half up to an amount that Stripe can charge in the currency. A change between
monthly and annual billing starts a new period. The new price is then charged in full, and the unused time of the old
price is credited.
Source: docs.stripe.com/billing/subscriptions/prorations and …/change-price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal
from enum import StrEnum

from chalicelib.billing.domain import money
from chalicelib.billing.domain.monthly_grants import add_months
from chalicelib.billing.enums import BillingCycle

MONTHS = {BillingCycle.MONTHLY: 1, BillingCycle.ANNUAL: 12}

_EXACT = Context(prec=60)
"""Enough digits so that only the last step rounds, for any amount."""


@dataclass(frozen=True, slots=True)
class Price:
    """The price per cycle: `amount` (main unit) for each of `quantity`."""

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
    """A period paid in advance, from `start` to `end` (exclusive)."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return int((self.end - self.start) / timedelta(seconds=1))


class LineKind(StrEnum):
    """The reason for a prorated line."""

    UNUSED = "unused"
    REMAINING = "remaining"
    NEW_PERIOD = "new_period"


@dataclass(frozen=True, slots=True)
class ProratedLine:
    """An amount and its period; a credit is negative."""

    kind: LineKind
    amount: Decimal
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class Proration:
    """The cost of a change at `prorated_at`, before discounts and taxes; a negative total is a credit."""

    lines: tuple[ProratedLine, ...]
    total: Decimal
    currency: str
    prorated_at: datetime
    period: Period
    """The subscription's period after the change."""

    @property
    def restarts(self) -> bool:
        """Whether the change starts a new period."""
        return any(line.kind is LineKind.NEW_PERIOD for line in self.lines)


def prorate(old: Price, new: Price, period: Period, at: datetime) -> Proration:
    """Compute the proration of a change from `old` to `new` at a time within the current period, to the second.

    Raises ValueError if `at` is before the period's start or after its end, or if the currencies differ.
    """
    at = at.replace(microsecond=0)
    if not period.start <= at <= period.end or period.seconds <= 0:
        raise ValueError(f"{at.isoformat()} is not within the period")
    if old.currency != new.currency:
        raise ValueError(f"the currencies differ: {old.currency} and {new.currency}")
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
    """Return whether the change is billed immediately.

    This is so if it costs more per period or starts a new period, which Stripe always bills.
    """
    return old.cycle is not new.cycle or new.whole > old.whole


def share(price: Price, part: Period, whole: Period) -> Decimal:
    """Return the share of the price for a part of the period, rounded to an amount that Stripe can charge."""
    exact = _EXACT.divide(_EXACT.multiply(price.whole, Decimal(part.seconds)), Decimal(whole.seconds))
    return money.rounded(exact, price.currency)


def _line(kind: LineKind, amount: Decimal, period: Period) -> ProratedLine:
    return ProratedLine(kind, amount, period.start, period.end)
