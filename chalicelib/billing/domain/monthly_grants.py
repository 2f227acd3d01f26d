"""The credits of one owner and calendar month (UTC): never more than the largest plan paid in it includes.

Each payment that opens a month which begins in the calendar month claims its plan's credits, or the share of them that
is still paid. The claims are counted by their size, so that any order and number of payments and reversals ends in the
same state. ADR 19 has the reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from chalicelib.billing.domain import refund_amounts
from chalicelib.billing.domain.credit_months import add_months

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


def kept_share(size: int, paid: Decimal, back: Decimal) -> int:
    """Return how many of a plan's `size` credits stay paid when `back` of the `paid` amount has gone back."""
    return size - refund_amounts.credits_due(size, paid, back)


def is_over(month: str, lasts_months: int, now: datetime) -> bool:
    """Return whether all grants of a calendar month (`YYYY-MM`) have expired, each so many months after it began."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return add_months(first, lasts_months + 1) <= now
