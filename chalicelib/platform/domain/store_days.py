"""Local days of a store, in its time zone, and their figures. Pure.

A day begins with the first moment of its local date: it has 23 or 25 hours if the clocks change on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

DAYS_BACK = 3
"""A day is measured again with each of the next three days: orders may be cancelled, visits may arrive late."""
MEASURED_AFTER = timedelta(hours=2)
"""The delay from a day's end to its measurement: its visits are computed at the first full hour after it."""
LONGEST_DAY = timedelta(hours=25)
_DAY = timedelta(days=1)
_FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Counts of a day from the store's database.

    `orders` excludes cancelled and refunded ones. `priced_orders` are those in the store's currency; `revenue` is their
    total.
    """

    orders: int
    priced_orders: int
    revenue: Decimal
    new_customers: int


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The figures of a day, named as the columns of its row."""

    visits: int
    orders: int
    revenue: Decimal
    avg_order_value: Decimal | None
    conversion_rate: Decimal | None
    new_customers: int


def day_figures(counts: DayCounts, visits: int) -> DayFigures:
    """Return the figures of a day: averages have four decimals, and are None if there is nothing to divide by."""
    return DayFigures(
        visits=visits,
        orders=counts.orders,
        revenue=counts.revenue,
        avg_order_value=_quotient(counts.revenue, counts.priced_orders),
        conversion_rate=_quotient(Decimal(counts.orders), visits),
        new_customers=counts.new_customers,
    )


def day_bounds(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return the start of a local day and of the next one, in UTC."""
    return _start(day, time_zone), _start(day + _DAY, time_zone)


def local_date(moment: datetime, time_zone: str) -> date:
    """Return the date of a time in the time zone."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def days_to_measure(start: datetime, end: datetime, time_zone: str) -> list[date]:
    """Return the local days to measure at `end`: those that became due after `start`, and DAYS_BACK before each."""
    first = local_date(start - MEASURED_AFTER, time_zone)
    due = [day for day in _dates(first, local_date(end, time_zone)) if start < _due_at(day, time_zone) <= end]
    return sorted({day - back * _DAY for day in due for back in range(DAYS_BACK + 1)})


def _due_at(day: date, time_zone: str) -> datetime:
    return _start(day + _DAY, time_zone) + MEASURED_AFTER


def _start(day: date, time_zone: str) -> datetime:
    """Return the first moment whose local date is `day`.

    If a change of the offset skips or repeats midnight (Beirut, Havana), the earlier offset gives that moment.
    """
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


def _dates(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def _quotient(value: Decimal, divisor: int) -> Decimal | None:
    return (value / divisor).quantize(_FOUR_PLACES) if divisor else None
