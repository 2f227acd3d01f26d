"""The difference between a store's counters and its rows: a crash between a reservation and its rows leaves one. Pure.

While calls run, a counter and its rows differ for a moment. The difference of a store without calls is real; that of a
busy store is the part that several counts have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

MONTHLY_COUNTER = "orders_month"
"""Counts the orders of the store's `usage_month`; another month makes another counter of it."""
COUNTERS = ("product_count", "order_count", "storage_used_bytes", MONTHLY_COUNTER)
"""Columns of a store's row that count rows of its database."""
QUIET_AFTER = timedelta(seconds=60)
"""Calls that began earlier have ended: API Gateway allows 29 seconds."""

Counts = Mapping[str, int]
"""Values by counter."""


def drift_of(counters: Counts, counted: Counts) -> dict[str, int]:
    """Return what is to be added to each counter that differs from the counted rows; not all need be counted."""
    return {name: count - counters[name] for name, count in counted.items() if count != counters[name]}


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Return the start of a month (`YYYY-MM`, UTC) and of the next one."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return start, (start + timedelta(days=32)).replace(day=1)


def without_monthly(drift: Counts) -> dict[str, int]:
    """Return the differences of the counters that every month continues."""
    return {name: value for name, value in drift.items() if name != MONTHLY_COUNTER}


def common_drift(first: Counts, second: Counts) -> dict[str, int]:
    """Return the common part of both differences, by counter: the smaller one if they have the same sign."""
    common = {name: _common(first[name], second[name]) for name in COUNTERS if name in first and name in second}
    return {name: value for name, value in common.items() if value}


def is_quiet(last_activity_at: datetime | None, now: datetime) -> bool:
    """Return whether no call of the store is running."""
    return last_activity_at is None or last_activity_at + QUIET_AFTER <= now


def _common(one: int, other: int) -> int:
    if (one > 0) is not (other > 0):
        return 0
    return min(one, other, key=abs)
