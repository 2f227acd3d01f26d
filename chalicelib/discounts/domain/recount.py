"""A recount of a shop: the figures of its orders, and the differences of the stored ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib.discounts.domain.contribution import UseKey, iterate_use_keys
from chalicelib.discounts.domain.customer_figures import MAX_KEYS, CustomerFigures
from chalicelib.discounts.domain.deltas import (
    Counters,
    Deltas,
    Figure,
    FigureKey,
    OpenDays,
    OrderChange,
    customer_keys,
    deltas,
)
from chalicelib.discounts.domain.order_state import OrderState

_UNIQUE = frozenset({"unique_customers", "repeat_usage_count"})


@dataclass
class Recount:
    """The figures of the orders so far.

    `uncertain` are the discounts, items and days whose unique customers cannot be counted from the orders: an order's
    customer was erased, and their counts stay.
    """

    open_days: OpenDays
    figures: Deltas = field(default_factory=Deltas)
    uncertain: set[UseKey] = field(default_factory=set)
    uncertain_days: set[str] = field(default_factory=set)

    def add(self, states: Iterable[OrderState]) -> None:
        """Add orders; each order once."""
        changes = [OrderChange(None, state) for state in states]
        known = self.figures.customers
        present = {key: known[key] for key in customer_keys(changes) if key in known}
        part = deltas(changes, present, self.open_days)
        for key, row in part.counters.items():
            self.figures.add(key, **row)
        for key, seen in part.seen.items():
            total = self.figures.seen.setdefault(key, seen)
            total.first, total.last = min(total.first, seen.first), max(total.last, seen.last)
        self.figures.products |= part.products
        self.figures.customers |= part.customers
        self.figures.currencies |= part.currencies
        for change in changes:
            if change.new.had_customer and not change.new.customer:
                self.uncertain |= set(iterate_use_keys(change.new))
                self.uncertain_days.add(change.new.day.isoformat())

    def capped_customers(self) -> set[str]:
        """Return the customers whose uses are not all known: the oldest stopped counting as unique."""
        return {key for key, row in self.figures.customers.items() if len(row.uses) >= MAX_KEYS}


def counter_differences(recount: Recount, stored: Mapping[FigureKey, Counters]) -> dict[FigureKey, Counters]:
    """Return the additions that make the stored counters equal to the recount."""
    differences: dict[FigureKey, Counters] = {}
    places = {without_currency(key): key for key in stored}
    expected = {places.get(without_currency(key), key): row for key, row in recount.figures.counters.items()}
    for key in sorted({*expected, *stored}):
        counted, present = expected.get(key, {}), stored.get(key, {})
        row = {name: counted.get(name, 0) - present.get(name, 0) for name in sorted({*counted, *present})}
        is_uncertain = (key.discount_id, key.item) in recount.uncertain or (
            key.figure is Figure.SHOP_DAY and key.day in recount.uncertain_days
        )
        row = {name: n for name, n in row.items() if n and not (is_uncertain and name in _UNIQUE)}
        if row:
            differences[key] = row
    return differences


def customer_differences(
    recount: Recount, stored: Mapping[str, CustomerFigures], open_from: date
) -> dict[str, CustomerFigures]:
    """Return the figures of the customers whose stored ones differ. Days before `open_from` do not count."""
    differences: dict[str, CustomerFigures] = {}
    capped = recount.capped_customers()
    for key in sorted({*stored, *recount.figures.customers}):
        present = _open(stored.get(key, CustomerFigures()), open_from)
        counted = _open(recount.figures.customers.get(key, CustomerFigures()), open_from)
        latest = max(filter(None, (counted.last_purchase, present.last_purchase)), default=None)
        counted = replace(counted, last_purchase=latest, uses=present.uses if key in capped else counted.uses)
        if counted != present:
            differences[key] = counted
    return differences


def without_currency(key: FigureKey) -> FigureKey:
    """Return the key without its currency, which is no part of a row's key."""
    return key._replace(currency="")


def _open(figures: CustomerFigures, open_from: date) -> CustomerFigures:
    return replace(figures, days={day: count for day, count in figures.days.items() if day >= open_from})
