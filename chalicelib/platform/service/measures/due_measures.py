"""Due measures: the days of stores that were called, the hours of endpoints, and open months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.kit import messages
from chalicelib.kit.pagination import PageRequest
from chalicelib.platform.domain import performance, revenue, store_days
from chalicelib.platform.domain.usage_hours import HOUR
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.repository import stores, usage_hours
from chalicelib.platform.schemas.measure_messages import (
    PerformanceRequested,
    RevenueReportRequested,
    StoreDaysRequested,
)

LONGEST = timedelta(days=31)
"""A run looks for ended days at most this far back."""


def request_measures(due: datetime, last_completed: datetime | None) -> None:
    """Queue the measures that became due since the last completed run. Idempotent."""
    messages.publish_many(_store_days(due, last_completed))
    messages.publish_many(_hours(due, last_completed))
    messages.publish_many(RevenueReportRequested(period=each) for each in revenue.open_periods(due, last_completed))


def _store_days(due: datetime, last_completed: datetime | None) -> Iterator[StoreDaysRequested]:
    """Yield the days that have ended of the stores that were called on one of them."""
    since = max(last_completed or due - HOUR, due - LONGEST)
    called = _called_stores(since - store_days.MEASURED_AFTER - store_days.LONGEST_DAY, due)
    for store in stores.iterate_stores(called):
        days = store_days.days_to_measure(since, due, store.timezone)
        if days:
            yield StoreDaysRequested(store_id=store.id, days=tuple(days))


def _called_stores(start: datetime, end: datetime) -> Iterator[str]:
    """Yield the stores that were called in the hours from `start` to `end`, each once."""
    seen: dict[str, None] = {}
    hour = start_of_hour(start)
    while hour <= end:
        for store_id in usage_hours.iterate_stores_of_hour(hour):
            if store_id not in seen:
                seen[store_id] = None
                yield store_id
        hour += HOUR


def _hours(due: datetime, last_completed: datetime | None) -> Iterator[PerformanceRequested]:
    """Yield the hours in which a store was called."""
    for hour in performance.hours_to_compute(due, last_completed):
        if usage_hours.list_stores_of_hour(hour, PageRequest(limit=1)).items:
            yield PerformanceRequested(hour=hour)
