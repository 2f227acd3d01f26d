"""The figures of one customer, and the effect of their orders on the counts of unique customers."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from chalicelib.discounts.domain import shop_money
from chalicelib.discounts.domain.contribution import ZERO, Contribution, UseKey
from chalicelib.discounts.enums import CustomerSegment

MAX_KEYS = 200
"""The most discounts and items whose uses are counted for a customer: about 3.6 kB of a row that each use rewrites."""
VIP_ORDERS = 5


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """The usage and purchases of a customer."""

    used: int = 0
    savings: Decimal = ZERO
    orders: int = 0
    lifetime_value: Decimal = ZERO
    uses: Mapping[str, int] = field(default_factory=dict)
    """Short key of a discount and an item -> uses, the oldest key first."""
    types: Mapping[str, tuple[int, Decimal]] = field(default_factory=dict)
    """Value type -> uses and savings."""
    days: Mapping[date, int] = field(default_factory=dict)
    """Day -> uses, of the days that are not closed."""
    last_purchase: date | None = None
    """The day of the newest order seen, cancelled or not."""

    @property
    def segment(self) -> CustomerSegment | None:
        """The segment by the number of orders; None without orders."""
        if self.orders < 1:
            return None
        if self.orders >= VIP_ORDERS:
            return CustomerSegment.VIP
        return CustomerSegment.NEW if self.orders == 1 else CustomerSegment.REGULAR

    @property
    def favorite_type(self) -> str | None:
        """The value type with most uses, then the largest savings, then the first by name."""
        used = [(-uses, -savings, name) for name, (uses, savings) in self.types.items() if uses > 0]
        return min(used)[2] if used else None

    def average_order(self, currency: str) -> Decimal | None:
        """Return the mean revenue of an order, half up; None without orders."""
        return shop_money.share(self.lifetime_value, 1, self.orders, currency) if self.orders > 0 else None


@dataclass(slots=True)
class CustomerChange:
    """The sum of the changes of one customer's orders."""

    uses: Counter[UseKey] = field(default_factory=Counter)
    types: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    days: Counter[date] = field(default_factory=Counter)
    savings: Decimal = ZERO
    orders: int = 0
    revenue: Decimal = ZERO
    last_purchase: date | None = None

    def add(self, part: Contribution, day: date, sign: int) -> None:
        """Add (sign 1) or take away (sign -1) the contribution of an order of this day."""
        self.orders += sign * part.is_counted
        self.revenue += sign * part.revenue
        self.savings += sign * part.savings
        self.days[day] += sign * len(part.uses)
        for key, use in part.uses.items():
            self.uses[key] += sign
            count, amount = self.types.get(use.value_type, (0, ZERO))
            self.types[use.value_type] = (count + sign, amount + sign * use.amount)

    def note_order(self, day: date) -> None:
        """Note an order of this day."""
        self.last_purchase = max(filter(None, (self.last_purchase, day)))


@dataclass(frozen=True, slots=True)
class UniqueChanges:
    """The changes of counts of customers: per discount and item, unique customers and repeated uses; per day, unique."""

    uses: Mapping[UseKey, tuple[int, int]]
    days: Mapping[date, int]


def short_key(use: UseKey) -> str:
    """Return the key under which a customer's uses of a discount and an item are counted."""
    digest = hashlib.sha256("#".join(use).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:11]


def apply_change(
    figures: CustomerFigures, change: CustomerChange, open_from: date
) -> tuple[CustomerFigures, UniqueChanges]:
    """Return the figures after a change, and its effect on the counts of customers.

    Days before `open_from` are closed: they leave the figures, and their counts do not change. Beyond MAX_KEYS, the
    oldest keys leave the figures and stop counting as unique.
    """
    uses, unique_uses = _changed_uses(figures.uses, change.uses)
    days = {day: count for day, count in figures.days.items() if day >= open_from}
    unique_days = {}
    for day, count in sorted(change.days.items()):
        if day >= open_from and count:
            before, after = days.get(day, 0), max(0, days.get(day, 0) + count)
            unique_days[day] = bool(after) - bool(before)
            days[day] = after
    return (
        replace(
            figures,
            used=figures.used + change.uses.total(),
            savings=figures.savings + change.savings,
            orders=figures.orders + change.orders,
            lifetime_value=figures.lifetime_value + change.revenue,
            uses=uses,
            types=_summed(figures.types, change.types),
            days={day: count for day, count in sorted(days.items()) if count},
            last_purchase=max(filter(None, (figures.last_purchase, change.last_purchase)), default=None),
        ),
        UniqueChanges(unique_uses, {day: count for day, count in unique_days.items() if count}),
    )


def _changed_uses(
    known: Mapping[str, int], changes: Mapping[UseKey, int]
) -> tuple[dict[str, int], dict[UseKey, tuple[int, int]]]:
    uses, unique = dict(known), {}
    for use, count in sorted(changes.items()):
        key = short_key(use)
        before = uses.get(key, 0)
        after = max(0, before + count)
        effect = bool(after) - bool(before), max(after - 1, 0) - max(before - 1, 0)
        if any(effect):
            unique[use] = effect
        if after:
            uses[key] = after
        else:
            uses.pop(key, None)
    surplus: Iterable[str] = list(uses)[: max(0, len(uses) - MAX_KEYS)]
    for key in surplus:
        del uses[key]
    return uses, unique


def _summed(
    known: Mapping[str, tuple[int, Decimal]], changes: Mapping[str, tuple[int, Decimal]]
) -> dict[str, tuple[int, Decimal]]:
    sums = dict(known)
    for name, (count, amount) in changes.items():
        uses, savings = sums.get(name, (0, ZERO))
        sums[name] = (uses + count, savings + amount)
    return {name: pair for name, pair in sorted(sums.items()) if any(pair)}
