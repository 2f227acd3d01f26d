"""The speed of the data API's endpoints by hour, merged from the latency sketches of all stores that were called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from chalicelib.kit import clock, messages
from chalicelib.kit.pagination import PageRequest
from chalicelib.platform.domain import performance as rules
from chalicelib.platform.domain.packed_endpoints import pack_endpoints, unpack_endpoints
from chalicelib.platform.domain.usage_hours import EndpointUsage, sum_endpoints
from chalicelib.platform.models import PerformanceMetric
from chalicelib.platform.repository import performance, usage_hours
from chalicelib.platform.schemas.measure_messages import PerformanceRequested
from chalicelib.platform.schemas.measures import PerformanceQuery, PerformanceRead, PerformanceReport

STORES = 100
"""Stores in a page: one read of their keys, one of their hours."""
PAGES = 20
"""Pages in a step."""
MAX_BYTES = 150_000
"""The maximum size of the packed endpoints in a message; those of the data API need far less."""
DEFAULT_SPAN = timedelta(days=7)

Endpoints = Mapping[str, EndpointUsage]


def measure_hour(message: PerformanceRequested) -> PerformanceRequested | None:
    """Merge the next stores of an hour. Returns the next step, or None when the endpoints are stored."""
    endpoints: Endpoints = unpack_endpoints(message.endpoints)
    cursor = message.cursor
    for _ in range(PAGES):
        page = usage_hours.list_stores_of_hour(message.hour, PageRequest(limit=STORES, start=cursor))
        rows = usage_hours.find_hours(message.hour, page.items)
        endpoints = sum_endpoints([endpoints, *(unpack_endpoints(row.endpoints) for row in rows)])
        cursor = page.last_key
        if cursor is None:
            _store(message.hour, endpoints)
            return None
    packed = pack_endpoints(endpoints, MAX_BYTES)
    return PerformanceRequested(hour=message.hour, cursor=cursor, endpoints=packed)


def continue_measuring(message: PerformanceRequested) -> None:
    """Take a step of an hour's measurement, and queue the next one. A repeated message changes nothing."""
    following = measure_hour(message)
    if following is not None:
        messages.publish(following)


def read_performance(query: PerformanceQuery) -> PerformanceReport:
    """Return all endpoints of an hour, or the hours of an endpoint; by default the last hour that was computed."""
    if query.endpoint is not None:
        end = query.end or clock.now()
        start = query.start or end - DEFAULT_SPAN
        rows = performance.list_hours(query.endpoint, start, end)
        return PerformanceReport(items=[PerformanceRead.of(row) for row in rows])
    hour = query.hour or _latest_hour(clock.now())
    rows = sorted(performance.list_by_hour(hour), key=lambda row: (-row.calls, row.endpoint))
    return PerformanceReport(items=[PerformanceRead.of(row) for row in rows])


def _latest_hour(now: datetime) -> datetime:
    """Return the last hour that the schedule has computed."""
    return max(rules.hours_to_compute(now, None))


def _store(hour: datetime, endpoints: Endpoints) -> None:
    for name, usage in endpoints.items():
        performance.set_metric(
            PerformanceMetric(
                name,
                hour,
                calls=usage.calls,
                errors=usage.errors,
                expires_epoch=hour + PerformanceMetric.KEEP,
                **asdict(rules.percentiles(usage)),
            )
        )
