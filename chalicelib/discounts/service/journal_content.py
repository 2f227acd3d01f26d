"""The content of a journal: the new rows and the deltas that it writes, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.discounts.domain.deltas import Counters, Deltas, Figure, FigureKey, Number
from chalicelib.discounts.domain.order_state import OrderState
from chalicelib.discounts.models import CustomerInsight, OrderUsage
from chalicelib.discounts.repository import customer_insights, order_usages
from chalicelib.kit import clock

_TIMES = frozenset({"first_used_at", "last_used_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class CounterWrite:
    """An addition to a row of counters, and the columns that are set with it."""

    key: FigureKey
    counters: Counters
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderWrite:
    """The new row of an order, and the address of its former lines, which the write replaces."""

    row: OrderUsage
    replaced: str | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """The revenue of the tested items in an order with the mark of a running test, after discounts."""

    test: str
    visitor: str
    order_id: str
    value: str
    at: datetime


@dataclass(frozen=True, slots=True)
class JournalContent:
    """The writes of a journal. `planned_at` is a time before its rows were read, but after a look at the tombstones.

    Until `held_until` its owner, a rebuild, reads the figures, and no other worker finishes it.
    """

    shop: str
    sequence: int
    planned_at: datetime
    orders: list[OrderWrite] = field(default_factory=list)
    customers: list[CustomerInsight] = field(default_factory=list)
    counters: list[CounterWrite] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    held_until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the journal would write nothing."""
        return not (self.orders or self.customers or self.counters)

    def dump(self) -> dict[str, Any]:
        """Return the content as JSON."""
        return {
            "shop": self.shop,
            "sequence": self.sequence,
            "planned_at": clock.iso(self.planned_at),
            "held_until": clock.iso(self.held_until) if self.held_until else None,
            "orders": [[each.row.serialize(), each.replaced] for each in self.orders],
            "conversions": [
                [each.test, each.visitor, each.order_id, each.value, clock.iso(each.at)] for each in self.conversions
            ],
            "customers": [row.serialize() for row in self.customers],
            "counters": [
                [list(each.key), _plain_numbers(each.counters), _plain_columns(each.columns)] for each in self.counters
            ],
        }

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> JournalContent:
        """Return the content that `dump` returned as JSON."""
        return cls(
            shop=content["shop"],
            sequence=content["sequence"],
            planned_at=clock.parse(content["planned_at"]),
            conversions=[
                Conversion(test, visitor, order_id, value, clock.parse(at))
                for test, visitor, order_id, value, at in content["conversions"]
            ],
            held_until=clock.parse(content["held_until"]) if content["held_until"] else None,
            orders=[OrderWrite(_order_row(row), replaced) for row, replaced in content["orders"]],
            customers=[_customer_row(row) for row in content["customers"]],
            counters=[
                CounterWrite(_figure_key(key), _numbers(counters), _columns(columns))
                for key, counters, columns in content["counters"]
            ],
        )


def order_writes(
    shop: str, states: Iterable[OrderState], stored: Mapping[str, OrderUsage], sequence: int
) -> list[OrderWrite]:
    """Return the writes of the orders' new rows. `stored` has their present rows, by order id."""
    writes = []
    for state in states:
        row = stored.get(state.order_id)
        replaced = row.lines if row is not None and order_usages.is_address(row.lines) else None
        writes.append(OrderWrite(order_usages.to_row(shop, state, sequence), replaced))
    return writes


def customer_rows(shop: str, deltas: Deltas, sequence: int) -> list[CustomerInsight]:
    """Return the customers' new rows."""
    return [
        customer_insights.to_row(shop, key, figures, deltas.currencies[key], sequence)
        for key, figures in deltas.customers.items()
    ]


def _order_row(item: dict[str, Any]) -> OrderUsage:
    row = OrderUsage()
    row.deserialize(item)
    return row


def _customer_row(item: dict[str, Any]) -> CustomerInsight:
    row = CustomerInsight()
    row.deserialize(item)
    return row


def _figure_key(parts: list[str]) -> FigureKey:
    figure, *others = parts
    return FigureKey(Figure(figure), *others)


def _plain_numbers(counters: Counters) -> dict[str, int | str]:
    return {name: number if isinstance(number, int) else str(number) for name, number in counters.items()}


def _numbers(counters: Mapping[str, int | str]) -> dict[str, Number]:
    return {name: number if isinstance(number, int) else Decimal(number) for name, number in counters.items()}


def _plain_columns(columns: Mapping[str, Any]) -> dict[str, str]:
    return {name: clock.iso(value) if isinstance(value, datetime) else value for name, value in columns.items()}


def _columns(columns: Mapping[str, str]) -> dict[str, Any]:
    return {name: clock.parse(value) if name in _TIMES else value for name, value in columns.items()}
