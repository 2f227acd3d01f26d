"""Recomputation of measures from their sources, requested by an operator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from chalicelib.kit import messages
from chalicelib.platform.domain import revenue
from chalicelib.platform.domain.usage_hours import HOUR
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.repository import stores
from chalicelib.platform.schemas.measure_messages import (
    PerformanceRequested,
    RevenueReportRequested,
    StoreDaysRequested,
)

_DAYS_AT_ONCE = 31
_ONE_DAY = timedelta(days=1)


def recompute_store(store_id: str, first: date, last: date) -> int:
    """Queue a store's local days, and its usage of their months. Returns the number of days. Raises StoreNotFound."""
    store = stores.get_store(store_id)
    days = tuple(_days(first, last))
    starts = range(0, len(days), _DAYS_AT_ONCE)
    messages.publish_many(
        StoreDaysRequested(store_id=store.id, days=days[start : start + _DAYS_AT_ONCE]) for start in starts
    )
    return len(days)


def recompute_revenue(first: str, last: str) -> int:
    """Queue the revenue reports of months (`YYYY-MM`), also final ones. Returns the number of months."""
    periods = revenue.periods_between(first, last)
    messages.publish_many(RevenueReportRequested(period=each, is_repeated=True) for each in periods)
    return len(periods)


def recompute_performance(first: datetime, last: datetime) -> int:
    """Queue the performance of hours. Returns their number. Hours are computed from `usage_hours`, kept for 90 days."""
    hours = list(_hours(start_of_hour(first), last))
    messages.publish_many(PerformanceRequested(hour=each) for each in hours)
    return len(hours)


def _days(day: date, last: date) -> Iterator[date]:
    while day <= last:
        yield day
        day += _ONE_DAY


def _hours(hour: datetime, last: datetime) -> Iterator[datetime]:
    while hour <= last:
        yield hour
        hour += HOUR
