"""Revenue of the stores: entries derived from billing's messages, and their sums by month. Pure.

Amounts are without tax. An entry depends only on its newest message, so late, repeated or reordered messages give the
same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

REPORT_CURRENCY = "USD"
"""The currency of `total_revenue` and `by_plan`: that of the plans' prices."""
FINAL_AFTER = timedelta(days=3)
"""The last computation of a month's report is this long after the month's end, because messages may be late."""
WITHOUT_PLAN = "other"
"""The key in `by_plan` of payments without a plan, such as credits."""
PAYMENT, REFUND, REVERSAL, NEW_STORE, CHURN = "payment", "refund", "reversal", "store", "churn"
"""The kind of an entry; a prefix of its id."""
_SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class RefundState:
    """A refund or lost dispute of a payment, tax included. If it is reversed, the money came back."""

    id: str
    amount: Decimal
    at: datetime
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PaymentState:
    """A payment in one message. `amount` includes `tax`. `paid_at` None: it is not paid."""

    id: str
    amount: Decimal
    tax: Decimal
    currency: str
    plan: str | None
    paid_at: datetime | None
    refunds: Sequence[RefundState]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a month (UTC): an amount, or a new or churned store with the amount 0."""

    id: str
    occurred_at: datetime
    amount: Decimal = Decimal(0)
    currency: str = REPORT_CURRENCY
    plan: str | None = None

    @property
    def period(self) -> str:
        return period_of(self.occurred_at)


class StoredEntry(Protocol):
    """The columns of an entry that a report sums."""

    @property
    def entry_id(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def plan(self) -> str | None: ...


@dataclass(slots=True)
class RevenueSums:
    """Sums of entries, so far."""

    by_currency: dict[str, Decimal] = field(default_factory=dict)
    by_plan: dict[str, Decimal] = field(default_factory=dict)
    new_stores: int = 0
    churned_stores: int = 0
    entries: int = 0

    def add(self, entries: Iterable[StoredEntry]) -> None:
        """Add entries."""
        for entry in entries:
            kind = entry.entry_id.partition(":")[0]
            self.entries += 1
            self.new_stores += kind == NEW_STORE
            self.churned_stores += kind == CHURN
            if kind in (NEW_STORE, CHURN):
                continue
            self.by_currency[entry.currency] = self.by_currency.get(entry.currency, Decimal(0)) + entry.amount
            if entry.currency == REPORT_CURRENCY:
                plan = entry.plan or WITHOUT_PLAN
                self.by_plan[plan] = self.by_plan.get(plan, Decimal(0)) + entry.amount

    @property
    def total(self) -> Decimal:
        """The sum in REPORT_CURRENCY; other currencies are not converted."""
        return self.by_currency.get(REPORT_CURRENCY, Decimal(0))

    def to_text(self) -> dict[str, Any]:
        """Return the sums as JSON, with amounts as text."""
        return {
            "by_currency": amounts_as_text(self.by_currency),
            "by_plan": amounts_as_text(self.by_plan),
            "new_stores": self.new_stores,
            "churned_stores": self.churned_stores,
            "entries": self.entries,
        }

    @classmethod
    def of_text(cls, text: Mapping[str, Any] | None) -> RevenueSums:
        """Parse the text of `to_text`; None gives empty sums."""
        if text is None:
            return cls()
        return cls(
            {name: Decimal(amount) for name, amount in text["by_currency"].items()},
            {name: Decimal(amount) for name, amount in text["by_plan"].items()},
            text["new_stores"],
            text["churned_stores"],
            text["entries"],
        )


def entries_of_payment(payment: PaymentState) -> Iterator[Entry]:
    """Yield the entries of a payment: its money, each refund, and the money of each reversed refund."""
    if payment.paid_at is None:
        return
    currency, plan = payment.currency, payment.plan
    yield Entry(f"{PAYMENT}:{payment.id}", payment.paid_at, payment.amount - payment.tax, currency, plan)
    for refund in payment.refunds:
        net = refund.amount - _share(refund.amount, payment.tax, payment.amount)
        yield Entry(f"{REFUND}:{refund.id}", refund.at, -net, currency, plan)
        if refund.reversed_at is not None:
            yield Entry(f"{REVERSAL}:{refund.id}", refund.reversed_at, net, currency, plan)


def entries_of_subscription(
    subscription_id: str, plan: str, started_at: datetime | None, ended_at: datetime | None
) -> Iterator[Entry]:
    """Yield the entries of a subscription that has begun: a new store, and a churned one if it has ended."""
    if started_at is None:
        return
    yield Entry(f"{NEW_STORE}:{subscription_id}", started_at, plan=plan)
    if ended_at is not None:
        yield Entry(f"{CHURN}:{subscription_id}", ended_at, plan=plan)


def period_of(moment: datetime) -> str:
    """Return the month of a time in UTC, `YYYY-MM`."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def periods_between(first: str, last: str) -> list[str]:
    """Return the months from `first` to `last`, both included."""
    year, month = int(first[:4]), int(first[5:7])
    periods = []
    while (period := f"{year:04}-{month:02}") <= last:
        periods.append(period)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return periods


def open_periods(due: datetime, last_completed: datetime | None) -> list[str]:
    """Return the months that are not final, or have become final since the last completed run."""
    start = min(last_completed or due, due) - FINAL_AFTER
    return periods_between(period_of(start), period_of(due))


def is_final(period: str, now: datetime) -> bool:
    """Return whether a month's report is computed for the last time: FINAL_AFTER after the month's end."""
    return period_of(now - FINAL_AFTER) > period


def amounts_as_text(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """Return amounts by name as decimal text without trailing zeros, as DynamoDB stores a number, sorted by name."""
    return {name: format((amounts[name] + 0).normalize(), "f") for name in sorted(amounts)}


def _share(part: Decimal, total: Decimal, whole: Decimal) -> Decimal:
    """Return `total * part / whole` with six decimals; 0 if `whole` is 0."""
    return (part * total / whole).quantize(_SIX_PLACES) if whole else Decimal(0)
