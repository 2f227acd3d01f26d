"""A store's usage on a UTC day, computed from its hours: set, never added. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol

from chalicelib.platform.domain.usage_hours import AMOUNT, DELETED, FILES, HOUR, ORDERS, UPLOADED

PRODUCTS = "products"


class ComputedHour(Protocol):
    """The columns of an hour that the day sums."""

    @property
    def calls(self) -> int: ...
    @property
    def errors(self) -> int: ...
    @property
    def changes(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class DayUsage:
    """The figures of a day, named as the columns of its row."""

    products_created: int = 0
    products_updated: int = 0
    products_deleted: int = 0
    orders_created: int = 0
    orders_total_value: Decimal = Decimal(0)
    storage_uploaded_bytes: int = 0
    storage_deleted_bytes: int = 0
    api_calls: int = 0
    api_errors: int = 0


@dataclass(frozen=True, slots=True)
class DayTotals:
    """The store's counters. `are_present`: they were read in the day or right after it."""

    products: int
    storage_bytes: int
    are_present: bool


def sum_hours(hours: Iterable[ComputedHour]) -> DayUsage:
    """Return the figures of a day's hours."""
    rows = list(hours)

    def changed(table: str, kind: str) -> int:
        return sum((row.changes or {}).get(table, {}).get(kind, 0) for row in rows)

    amounts = ((row.changes or {}).get(ORDERS, {}).get(AMOUNT, "0") for row in rows)
    return DayUsage(
        products_created=changed(PRODUCTS, "created"),
        products_updated=changed(PRODUCTS, "updated"),
        products_deleted=changed(PRODUCTS, "deleted"),
        orders_created=changed(ORDERS, "created"),
        orders_total_value=sum(map(Decimal, amounts), Decimal(0)),
        storage_uploaded_bytes=changed(FILES, UPLOADED),
        storage_deleted_bytes=changed(FILES, DELETED),
        api_calls=sum(row.calls for row in rows),
        api_errors=sum(row.errors for row in rows),
    )


def start_of_day(day: date) -> datetime:
    """Return the start of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def are_totals_present(day: date, now: datetime) -> bool:
    """Return whether the store's counters of now are the day's totals: until the first run after the day's end."""
    return now < start_of_day(day) + timedelta(days=1) + HOUR
