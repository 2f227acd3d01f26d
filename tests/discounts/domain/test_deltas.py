"""The figures after any order and number of messages equal a plain recount of the newest states."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain import order_state
from chalicelib.discounts.domain.customer_figures import CustomerFigures
from chalicelib.discounts.domain.deltas import (
    Deltas,
    Figure,
    FigureKey,
    Number,
    OpenDays,
    OrderChange,
    customer_keys,
    deltas,
)
from chalicelib.discounts.domain.order_state import FirstSight, OrderState, Refunds, Snapshot
from tests.discounts.order_strategies import Life, attribute, lives, local_day
from tests.discounts.recount import recount

Deliveries = tuple[list[Life], list[list[tuple[Life, Snapshot | Refunds]]]]
EVERY_DAY = OpenDays(date(2026, 1, 1), date(2026, 1, 1))
SIGHT = FirstSight(local_day, "USD")
_PARTS = {
    Figure.DISCOUNT: ("discount_id", "item"),
    Figure.DISCOUNT_DAY: ("day", "discount_id", "item"),
    Figure.SHOP_DAY: ("day",),
    Figure.PRODUCT: ("item",),
    Figure.PRODUCT_DAY: ("item", "day"),
}


@dataclass
class Ledger:
    """Rows in memory to which deltas are applied."""

    orders: dict[str, OrderState] = field(default_factory=dict)
    customers: dict[str, CustomerFigures] = field(default_factory=dict)
    counters: dict[FigureKey, dict[str, Number]] = field(default_factory=dict)

    def apply(self, messages: list[tuple[Life, Snapshot | Refunds]], open_days: OpenDays = EVERY_DAY) -> Deltas:
        """Apply a batch of messages as one journal."""
        changes = []
        for life in {life.order_id: life for life, _ in messages}.values():
            own = [message for each, message in messages if each.order_id == life.order_id]
            snapshots = [each for each in own if isinstance(each, Snapshot)]
            refunds = [each for each in own if not isinstance(each, Snapshot)]
            old = self.orders.get(life.order_id)
            base = order_state.open_state(old, life.order_id, snapshots, SIGHT)
            base = base or SIGHT.state(life.order_id, life.snapshots[0].created_at, "USD")
            new = order_state.advance(base, snapshots, refunds, attribute)
            self.orders[life.order_id] = new
            changes.append(OrderChange(old, new))
        present = {key: self.customers[key] for key in customer_keys(changes) if key in self.customers}
        result = deltas(changes, present, open_days)
        self.customers |= result.customers
        for key, row in result.counters.items():
            for column, number in row.items():
                own_row = self.counters.setdefault(key, {})
                own_row[column] = own_row.get(column, 0) + number
        return result

    def figures(self, figure: Figure) -> dict[tuple[str, ...], dict[str, Any]]:
        """Return the rows of a table that are not zero, by their parts."""
        rows = {
            tuple(getattr(key, part) for part in _PARTS[figure]): {name: n for name, n in row.items() if n}
            for key, row in self.counters.items()
            if key.figure is figure
        }
        return {key: row for key, row in rows.items() if row}


@st.composite
def deliveries(draw: st.DrawFn) -> Deliveries:
    """Draw lives of orders, and their messages in any order, some of them twice, in batches."""
    all_lives = [draw(lives(number)) for number in range(draw(st.integers(1, 5)))]
    messages: list[tuple[Life, Snapshot | Refunds]] = []
    for life in all_lives:
        messages += [(life, snapshot) for snapshot in life.snapshots] + [(life, refund) for refund in life.refunds]
    messages += draw(st.lists(st.sampled_from(messages), max_size=4))
    shuffled = draw(st.permutations(messages))
    sizes = draw(st.lists(st.integers(1, len(shuffled)), min_size=len(shuffled), max_size=len(shuffled)))
    batches, start = [], 0
    for size in sizes:
        if start < len(shuffled):
            batches.append(shuffled[start : start + size])
            start += size
    return all_lives, batches


@given(deliveries())
def test_figures_equal_a_plain_recount(drawn: Deliveries) -> None:
    all_lives, batches = drawn
    ledger = Ledger()
    for batch in batches:
        ledger.apply(batch)
    expected = recount(life.final for life in all_lives)
    assert ledger.figures(Figure.DISCOUNT) == expected.discounts
    assert ledger.figures(Figure.DISCOUNT_DAY) == expected.discount_days
    assert ledger.figures(Figure.SHOP_DAY) == expected.shop_days
    assert ledger.figures(Figure.PRODUCT) == expected.products
    assert ledger.figures(Figure.PRODUCT_DAY) == expected.product_days
    customers = {
        (key,): {name: getattr(row, name) for name in ("used", "savings", "orders", "lifetime_value")}
        for key, row in ledger.customers.items()
    }
    counted = {key: {name: n for name, n in row.items() if n} for key, row in customers.items()}
    assert {key: row for key, row in counted.items() if row} == expected.customers


@given(deliveries())
def test_a_customers_parts_equal_their_sums(
    drawn: Deliveries,
) -> None:
    ledger = Ledger()
    for batch in drawn[1]:
        ledger.apply(batch)
    for row in ledger.customers.values():
        assert sum(row.uses.values()) == sum(row.days.values()) == row.used
        assert sum(uses for uses, _ in row.types.values()) == row.used
        assert sum((amount for _, amount in row.types.values()), Decimal(0)) == row.savings


@given(deliveries())
def test_repeated_messages_change_nothing(
    drawn: Deliveries,
) -> None:
    _, batches = drawn
    ledger = Ledger()
    for batch in batches:
        ledger.apply(batch)
    for batch in batches:
        assert ledger.apply(batch).counters == {}


@given(deliveries())
def test_closed_days_take_no_change(drawn: Deliveries) -> None:
    all_lives, batches = drawn
    ledger, second = Ledger(), date(2026, 11, 2)
    for batch in batches:
        ledger.apply(batch, OpenDays(second, second))
    expected = recount(life.final for life in all_lives)
    assert ledger.figures(Figure.DISCOUNT) == expected.discounts
    for figure, rows, part in (
        (Figure.DISCOUNT_DAY, expected.discount_days, 0),
        (Figure.SHOP_DAY, expected.shop_days, 0),
        (Figure.PRODUCT_DAY, expected.product_days, 1),
    ):
        assert ledger.figures(figure) == {key: row for key, row in rows.items() if key[part] >= "2026-11-02"}
    assert all(day >= second for row in ledger.customers.values() for day in row.days)
