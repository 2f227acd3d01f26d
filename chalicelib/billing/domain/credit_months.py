"""Which months of credits a paid invoice opens.

A paid line of a subscription opens the months of its period, twelve for a yearly plan; proration and trial lines
open none. A change to a larger plan within a period opens what is left of its months once more: it brings the difference. A month is named by the day it begins, so that every event and shape that tells of it names it alike.
"""

from __future__ import annotations

import calendar
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chalicelib.billing.domain.credit_ledger import source_key
from chalicelib.billing.stripe_objects.invoices import StripeInvoiceLine

_KIND = "grant"


@dataclass(frozen=True, slots=True)
class GrantMonth:
    """A month of credits that was paid for, at the price that it was paid at."""

    price_id: str
    begins_at: datetime
    is_first: bool
    """Of its line: a later month is granted by the plan that the subscription has when it begins."""


def paid_months(lines: Iterable[StripeInvoiceLine], sold: Container[str] | None = None) -> Iterator[GrantMonth]:
    """Yield the months that the paid `lines` cover, oldest first per line; only those at `sold` prices if given."""
    for line in lines:
        if sold is not None and line.price_id not in sold:
            continue
        if line.price_id and line.is_subscription and not line.is_proration and line.amount > 0:
            for number, begins_at in enumerate(months(line.period_start, line.period_end)):
                yield GrantMonth(line.price_id, begins_at, number == 0)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A change to a larger plan within a paid period: the months from that which runs, and the price paid before."""

    months: tuple[GrantMonth, ...]
    replaced_price_id: str


def paid_upgrade(lines: Iterable[StripeInvoiceLine], total: Decimal, sold: Container[str]) -> Upgrade | None:
    """Return the change to a larger plan that an invoice of this `total` pays for; None for any other invoice.

    `sold` are the prices of plans. A change to a smaller one credits more than it charges; one to another interval, or one
    that is billed with the next period, opens months of its own.
    """
    plans = [line for line in lines if line.price_id in sold and _is_plan(line)]
    changes = [line for line in plans if line.is_proration]
    charged = max((line for line in changes if line.amount > 0), key=lambda line: line.amount, default=None)
    credited = min((line for line in changes if line.amount < 0), key=lambda line: line.amount, default=None)
    if total <= 0 or len(changes) < len(plans) or charged is None or credited is None:
        return None
    beginnings = running_months(charged.period_start, charged.period_end)
    months = tuple(GrantMonth(str(charged.price_id), at, number == 0) for number, at in enumerate(beginnings))
    return Upgrade(months, str(credited.price_id))


def running_months(moment: datetime, period_end: datetime) -> list[datetime]:
    """Return the beginnings of a period's months from that which runs at `moment`, counted back from its end."""
    beginnings = [add_months(period_end, -1)]
    while beginnings[-1] > moment:
        beginnings.append(add_months(period_end, -len(beginnings) - 1))
    return beginnings[::-1]


def paid_price(lines: Iterable[StripeInvoiceLine], sold: Container[str]) -> tuple[str, datetime] | None:
    """Return the price of the plan that an invoice pays for, and from when: of its lines the latest, proration included.

    `sold` are the prices of plans. An upgrade within a cycle opens no month, but later months include its credits.
    """
    paid = [line for line in lines if line.amount > 0 and line.price_id in sold and _is_plan(line)]
    last = max(paid, key=lambda line: (line.period_start, line.amount), default=None)
    return (str(last.price_id), last.period_start) if last else None


def _is_plan(line: StripeInvoiceLine) -> bool:
    return line.is_subscription or line.is_proration


def paid_plan(begins_at: datetime, payments: Iterable[tuple[datetime, str]]) -> str | None:
    """Return the plan that was paid when a month began. `payments` are plans, each from a moment on."""
    return max((each for each in payments if each[0] <= begins_at), default=(None, None))[1]


def ended(months_from: datetime | None, beginnings: Iterable[datetime]) -> datetime | None:
    """Return when the months of a payment that starts at `months_from` end: at the next of `beginnings`, or None.

    `beginnings` are the starts of everything paid for on the subscription. A change of the billing interval starts a new
    period at once, and Stripe credits the rest of the old one.
    """
    return min((at for at in beginnings if months_from is not None and at > months_from), default=None)


def month_source_key(subscription_id: str, begins_at: datetime) -> str:
    """Return the source key of a month's grant: the subscription (its Stripe id, our id for a gift) and the month."""
    return source_key(_KIND, subscription_id, f"{begins_at:%Y-%m-%d}")


def month_of_source(key: str) -> tuple[str, date] | None:
    """Return the subscription and the day on which the month begins of a grant's `month_source_key`; None for others."""
    kind, _, rest = key.partition("/")
    subscription_id, _, rest = rest.partition("/")
    try:
        return (subscription_id, date.fromisoformat(rest.partition("/")[0])) if kind == _KIND else None
    except ValueError:
        return None


def months(start: datetime, end: datetime) -> list[datetime]:
    """Return the starts of the months of a period, at least one.

    Counts months, not days: Stripe bills the 31st on the last day of a short month, so the period from 28 February to
    31 March is one month.
    """
    count = (end.year - start.year) * 12 + end.month - start.month
    return [add_months(start, number) for number in range(max(1, count))]


def add_months(moment: datetime, count: int) -> datetime:
    """Return the same time `count` months later, or on the last day of a month that has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + count, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
