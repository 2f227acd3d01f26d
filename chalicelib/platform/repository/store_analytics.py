"""The measured days of the stores."""

from __future__ import annotations

from datetime import date

from chalicelib.kit.tables import put_if, readable_rows
from chalicelib.platform.models import StoreAnalytics


def set_day(row: StoreAnalytics) -> bool:
    """Set a store's day. Returns False if it was computed later than this row."""
    is_newer = StoreAnalytics.computed_at.does_not_exist() | (StoreAnalytics.computed_at < row.computed_at)
    return put_if(row, is_newer)


def list_days(store_id: str, first: date, last: date) -> list[StoreAnalytics]:
    """Return a store's days from `first` to `last`, both included. An unreadable row is skipped."""
    return list(readable_rows(StoreAnalytics.query(store_id, StoreAnalytics.date.between(first, last))))
