"""The changes of the figures that follow from changes of orders: old contribution -> new contribution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from chalicelib.discounts.domain.contribution import Contribution, contribution, iterate_use_keys
from chalicelib.discounts.domain.currency_keys import shop_suffix, split_customer_key
from chalicelib.discounts.domain.customer_figures import CustomerChange, CustomerFigures, apply_change
from chalicelib.discounts.domain.order_state import OrderState

Number = int | Decimal


class Figure(StrEnum):
    """The tables with counters."""

    DISCOUNT = "discount"
    """discount_analytics, by discount and item."""
    DISCOUNT_DAY = "discount_day"
    """discount_daily, by day, discount and item."""
    SHOP_DAY = "shop_day"
    """daily_discount_stats, by day."""
    PRODUCT = "product"
    """product_performance, by item."""
    PRODUCT_DAY = "product_day"
    """inventory_impact, by day and item."""


class FigureKey(NamedTuple):
    """One row of counters. `suffix` is empty or that of a foreign currency; parts that a table's key lacks are empty."""

    figure: Figure
    discount_id: str = ""
    item: str = ""
    day: str = ""
    suffix: str = ""
    currency: str = ""


Counters = dict[str, Number]
"""Column -> the number to add."""


@dataclass(frozen=True, slots=True)
class OrderChange:
    """An order before and after; `old` is None for a new one."""

    old: OrderState | None
    new: OrderState


@dataclass(slots=True)
class UseTimes:
    """The times of the earliest and of the latest order seen to carry a discount for an item."""

    first: datetime
    last: datetime


@dataclass(slots=True)
class Deltas:
    """The changes of the figures by one journal."""

    counters: dict[FigureKey, Counters] = field(default_factory=dict)
    seen: dict[FigureKey, UseTimes] = field(default_factory=dict)
    products: dict[FigureKey, tuple[str | None, str | None]] = field(default_factory=dict)
    """Variant and title of the items sold."""
    customers: dict[str, CustomerFigures] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)
    """The currency of each of the customers."""

    def add(self, key: FigureKey, **numbers: Number) -> None:
        """Add to the counters of a row."""
        row = self.counters.setdefault(key, {})
        for column, number in numbers.items():
            row[column] = row.get(column, 0) + number

    def without_zeros(self) -> Deltas:
        """Drop the counters that do not change, and the rows without any."""
        kept = {key: {name: n for name, n in row.items() if n} for key, row in self.counters.items()}
        self.counters = {key: row for key, row in kept.items() if row}
        return self


@dataclass(frozen=True, slots=True)
class OpenDays:
    """The first days whose rows are not archived yet: of the figures of days, and of the stock."""

    figures_from: date
    stock_from: date


def customer_keys(changes: Iterable[OrderChange]) -> set[str]:
    """Return the keys of the customers whose figures may change."""
    states = [state for change in changes for state in (change.old, change.new) if state]
    return {key for key in map(customer_key, states) if key}


def customer_key(state: OrderState) -> str | None:
    """Return the key of the customer's figures, in the currency of the order."""
    return state.customer + state.suffix if state.customer else None


def deltas(changes: Iterable[OrderChange], customers: Mapping[str, CustomerFigures], open_days: OpenDays) -> Deltas:
    """Return the changes of all figures. `customers` holds the present figures of every customer of the changes."""
    result = Deltas()
    customer_changes: dict[str, CustomerChange] = {}
    for change in changes:
        for state, sign in ((change.old, -1), (change.new, 1)):
            if state is None:
                continue
            part = contribution(state)
            _add_order(result, state, part, sign, open_days)
            if key := customer_key(state):
                own = customer_changes.setdefault(key, CustomerChange())
                own.add(part, state.day, sign)
                own.note_order(state.day)
                result.currencies[key] = state.currency
        _note_carried(result, change.new)
    for key, own in sorted(customer_changes.items()):
        _apply_customer(result, key, own, (customers.get(key, CustomerFigures()), open_days))
    return result.without_zeros()


def _add_order(result: Deltas, state: OrderState, part: Contribution, sign: int, open_days: OpenDays) -> None:
    """Add (sign 1) or subtract (sign -1) an order's contribution in the rows of counters."""
    day, suffix, currency = state.day.isoformat(), state.suffix, state.currency
    for (discount_id, item), use in part.uses.items():
        columns: Counters = {
            "times_used": sign,
            "units": sign * use.units,
            "revenue_before_discount": sign * use.before,
            "discount_amount": sign * use.amount,
            "revenue_after_discount": sign * use.after,
        }
        result.add(
            FigureKey(Figure.DISCOUNT, discount_id, item, "", suffix, currency),
            **columns,
            revenue_impact=sign * use.after,
        )
        if state.day >= open_days.figures_from:
            result.add(FigureKey(Figure.DISCOUNT_DAY, discount_id, item, day, suffix, currency), **columns)
    for item, sales in part.items.items():
        result.add(
            FigureKey(Figure.PRODUCT, "", item, "", suffix, currency),
            units_sold_with_discount=sign * sales.units_discounted,
            units_sold_without_discount=sign * sales.units_regular,
            total_discount_given=sign * sales.given,
            revenue_with_discount=sign * sales.revenue_discounted,
            revenue_without_discount=sign * sales.revenue_regular,
        )
        if state.day >= open_days.stock_from:
            result.add(
                FigureKey(Figure.PRODUCT_DAY, "", item, day, suffix, currency),
                units_sold_with_discount=sign * sales.units_discounted,
                units_sold_regular_price=sign * sales.units_regular,
                revenue_with_discount=sign * sales.revenue_discounted,
                revenue_regular_price=sign * sales.revenue_regular,
            )
    if state.day >= open_days.figures_from:
        result.add(
            FigureKey(Figure.SHOP_DAY, "", "", day, shop_suffix(suffix), currency),
            total_discounts_used=sign * len(part.uses),
            total_revenue_impact=sign * part.revenue_impact,
            total_savings=sign * part.savings,
            orders=sign * part.has_units,
            orders_with_discount=sign * bool(part.uses),
        )


def _note_carried(result: Deltas, state: OrderState) -> None:
    at = state.created_at
    for discount_id, item in iterate_use_keys(state):
        key = FigureKey(Figure.DISCOUNT, discount_id, item, "", state.suffix, state.currency)
        seen = result.seen.setdefault(key, UseTimes(at, at))
        seen.first, seen.last = min(seen.first, at), max(seen.last, at)
    for each in state.lines:
        if each.line.item and not each.line.gift_card:
            key = FigureKey(Figure.PRODUCT, "", each.line.item, "", state.suffix, state.currency)
            result.products[key] = (each.line.variant_id, each.line.title)


def _apply_customer(
    result: Deltas, key: str, change: CustomerChange, present: tuple[CustomerFigures, OpenDays]
) -> None:
    figures, open_days = present
    after, unique = apply_change(figures, change, open_days.figures_from)
    result.customers[key] = after
    currency = result.currencies[key]
    _, suffix = split_customer_key(key)
    for (discount_id, item), (customers, repeats) in unique.uses.items():
        result.add(
            FigureKey(Figure.DISCOUNT, discount_id, item, "", suffix, currency),
            unique_customers=customers,
            repeat_usage_count=repeats,
        )
    for day, count in unique.days.items():
        key_of_day = FigureKey(Figure.SHOP_DAY, "", "", day.isoformat(), shop_suffix(suffix), currency)
        result.add(key_of_day, unique_customers=count)
