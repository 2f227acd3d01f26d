"""Months of credits: those that a paid invoice opens, and what an owner is granted per calendar month (UTC).

A paid line of a subscription opens the months of its period, twelve for a yearly plan; proration and trial lines open
none. A change to a larger plan within a period opens the rest of its months again, for the difference. A month is named
by the day it begins, so that every event and API shape gives it the same name.

An owner never has more credits in a calendar month than the largest plan paid in it includes. Each payment that opens a
month which begins in the calendar month claims its plan's credits, or the share of them that is still paid. The claims
are counted by their size, so that any order and number of payments and reversals ends in the same state. ADR 19 has the
reasons.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from chalicelib.billing.domain.credit_ledger import source_key
from chalicelib.billing.stripe_objects.invoices import StripeInvoiceLine

MONTHS_PER_STEP = 16
"""Months that one transaction grants at most: two rows each, 32 of 40."""

_KIND = "grant"


@dataclass(frozen=True, slots=True)
class PlanPrice:
    """What a Stripe price of a plan stands for: the plan, and the credits that a month of it includes."""

    plan_name: str
    credits: int


@dataclass(frozen=True, slots=True)
class PaidMonth:
    """A month of credits that was paid for and has begun. `subscription_id` is Stripe's id, or our id for a gift."""

    subscription_id: str
    begins_at: datetime
    credits: int
    plan_name: str

    @property
    def calendar_month(self) -> str:
        """The calendar month that it counts in."""
        return calendar_month(self.begins_at)


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
            for number, begins_at in enumerate(months_of_period(line.period_start, line.period_end)):
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
    is_upgrade = total > 0 and len(changes) == len(plans)
    return _upgrade(charged, credited) if is_upgrade and charged and credited else None


def _upgrade(charged: StripeInvoiceLine, credited: StripeInvoiceLine) -> Upgrade:
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


def months_end(months_from: datetime | None, beginnings: Iterable[datetime]) -> datetime | None:
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


def months_of_period(start: datetime, end: datetime) -> list[datetime]:
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


Lot = tuple[str, str]
"""The ledger (relationship id) and the lot in it that hold credits of the month."""


@dataclass(frozen=True, slots=True)
class OwnerMonth:
    """What an owner was granted for a calendar month.

    `claims` are the numbers of payments by the credits that each still pays for. `granted` credits stand in ledgers for the
    month, without those taken back; `carried` of them were granted before claims were counted. `lots` hold what is left,
    the oldest first.
    """

    claims: Mapping[int, int] = field(default_factory=dict)
    granted: int = 0
    carried: int = 0
    lots: tuple[Lot, ...] = ()

    @property
    def entitled(self) -> int:
        """The credits of the largest plan that is paid, or what was granted before claims were counted."""
        return max([self.carried, *(size for size, count in self.claims.items() if count > 0)])

    @property
    def lacking(self) -> int:
        """The credits to grant now."""
        return max(0, self.entitled - self.granted)

    @property
    def excess(self) -> int:
        """The credits to take back as far as they are left; after that those that were spent, which are owed."""
        return max(0, self.granted - self.entitled)

    def claimed(self, size: int) -> OwnerMonth:
        """Return the month with one more payment, which pays for `size` credits."""
        return replace(self, claims={**self.claims, size: self.claims.get(size, 0) + 1})

    def released(self, size: int) -> OwnerMonth:
        """Return the month without one payment, which paid for `size` credits."""
        return replace(self, claims={**self.claims, size: max(0, self.claims.get(size, 0) - 1)})

    def credited(self, lot: Lot, amount: int) -> OwnerMonth:
        """Return the month with `amount` credits granted in a lot."""
        return replace(self, granted=self.granted + amount, lots=(*self.lots, lot))

    def withdrawals(self, remaining: Callable[[Lot], int]) -> dict[Lot, int]:
        """Return how many of the excess credits to take from each lot: the newest first, only what remains in it."""
        left, taken = self.excess, dict[Lot, int]()
        for lot in reversed(self.lots):
            amount = min(left, remaining(lot))
            if amount:
                taken[lot] = amount
                left -= amount
        return taken

    def withdrawn(self, taken: Mapping[Lot, int]) -> OwnerMonth:
        """Return the month without the credits that were taken back. Credits that were spent stay granted."""
        return replace(self, granted=self.granted - sum(taken.values()))

    def pruned(self, is_used_up: Callable[[Lot], bool]) -> OwnerMonth:
        """Return the month without its empty lots. Each that stays holds a credit, so `granted` limits their number."""
        return replace(self, lots=tuple(lot for lot in self.lots if not is_used_up(lot)))


def calendar_month(begins_at: datetime) -> str:
    """Return the calendar month (`YYYY-MM`, UTC) that a paid month counts in: that of the day it begins on."""
    return f"{begins_at:%Y-%m}"


def is_over(month: str, lasts_months: int, now: datetime) -> bool:
    """Return whether all grants of a calendar month (`YYYY-MM`) have expired, each so many months after it began."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return add_months(first, lasts_months + 1) <= now
