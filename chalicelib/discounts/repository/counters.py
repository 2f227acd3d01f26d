"""Rows of counters, to which journals add. They write only the columns of the usage; others have other writers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.discounts.domain.deltas import Counters, Figure, FigureKey
from chalicelib.discounts.models import (
    DailyDiscountStats,
    DailyDiscountUsage,
    DiscountUsage,
    InventoryImpact,
    ProductPerformance,
)
from chalicelib.kit import clock
from chalicelib.kit.tables import get_many, update_if

CounterRow = DiscountUsage | DailyDiscountUsage | DailyDiscountStats | ProductPerformance | InventoryImpact
MAX_KEYS = 100
"""Keys of one BatchGetItem."""


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a row of counters is: its table, its key, and the columns that repeat parts of the key."""

    table: type[CounterRow]
    key: tuple[Any, Any]
    columns: Mapping[str, Any]


def _discount(shop: str, key: FigureKey) -> RowPlace:
    return RowPlace(
        DiscountUsage,
        (shop, f"{key.discount_id}#{key.item}{key.suffix}"),
        {"discount_id": key.discount_id, "sku": key.item},
    )


def _discount_day(shop: str, key: FigureKey) -> RowPlace:
    return RowPlace(
        DailyDiscountUsage,
        (f"{shop}#{key.day[:7]}", f"{key.day}#{key.discount_id}#{key.item}{key.suffix}"),
        {"shop": shop, "date": date.fromisoformat(key.day), "discount_id": key.discount_id, "sku": key.item},
    )


def _shop_day(shop: str, key: FigureKey) -> RowPlace:
    day = date.fromisoformat(key.day)
    expires = datetime.combine(day, time(), UTC) + DailyDiscountStats.KEEP
    return RowPlace(DailyDiscountStats, (f"{shop}{key.suffix}", day), {"expires_epoch": expires})


def _product(shop: str, key: FigureKey) -> RowPlace:
    return RowPlace(ProductPerformance, (shop, f"{key.item}{key.suffix}"), {})


def _product_day(shop: str, key: FigureKey) -> RowPlace:
    return RowPlace(
        InventoryImpact,
        (f"{shop}#{key.item}{key.suffix}", date.fromisoformat(key.day)),
        {"shop": shop, "sku": key.item},
    )


_PLACES: Mapping[Figure, Callable[[str, FigureKey], RowPlace]] = {
    Figure.DISCOUNT: _discount,
    Figure.DISCOUNT_DAY: _discount_day,
    Figure.SHOP_DAY: _shop_day,
    Figure.PRODUCT: _product,
    Figure.PRODUCT_DAY: _product_day,
}


def place(shop: str, key: FigureKey) -> RowPlace:
    """Return where the row of counters is."""
    return _PLACES[key.figure](shop, key)


def find_rows(shop: str, keys: Iterable[FigureKey]) -> dict[FigureKey, CounterRow]:
    """Return the rows of counters that exist; one consistent call for each 100 rows."""
    places = [(key, place(shop, key)) for key in keys]
    rows: dict[FigureKey, CounterRow] = {}
    for start in range(0, len(places), MAX_KEYS):
        chunk = places[start : start + MAX_KEYS]
        results = get_many([(each.table, each.key) for _, each in chunk], consistent=True)
        rows |= {key: row for (key, _), row in zip(chunk, results, strict=True) if row is not None}
    return rows


def add_counters(shop: str, key: FigureKey, counters: Counters, columns: Mapping[str, Any], sequence: int) -> None:
    """Add to the counters and set `columns` of a row, unless journal number `sequence` or a later one did."""
    where = place(shop, key)
    table: Any = where.table
    actions: list[Action] = [getattr(table, name).add(number) for name, number in sorted(counters.items())]
    values = {**where.columns, **columns, "currency": key.currency, "journal_seq": sequence}
    if hasattr(table, "created_at"):
        actions.append(table.created_at.set(table.created_at | clock.now()))
    actions += [getattr(table, name).set(value) for name, value in sorted(values.items())]
    update_if(table(*where.key), actions, table.journal_seq.does_not_exist() | (table.journal_seq < sequence))
