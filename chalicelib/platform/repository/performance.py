"""The speed of the data API's endpoints by hour."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit.tables import put_if, readable_rows
from chalicelib.platform.models import PerformanceMetric


def set_metric(row: PerformanceMetric) -> bool:
    """Set an endpoint's hour. Returns False if figures of more calls are stored: calls only grow, so those are newer."""
    is_newer = PerformanceMetric.calls.does_not_exist() | (PerformanceMetric.calls <= row.calls)
    return put_if(row, is_newer)


def list_by_hour(hour: datetime) -> list[PerformanceMetric]:
    """Return all endpoints of an hour. An unreadable row is skipped."""
    return list(readable_rows(PerformanceMetric.by_hour.query(hour)))


def list_hours(endpoint: str, first: datetime, last: datetime) -> list[PerformanceMetric]:
    """Return an endpoint's hours from `first` to `last`, both included. An unreadable row is skipped."""
    return list(readable_rows(PerformanceMetric.query(endpoint, PerformanceMetric.hour.between(first, last))))
