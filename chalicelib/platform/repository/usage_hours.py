"""The hours of the stores' usage. An index lists the stores that were called in an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import get_many, put_if, readable_rows, update_if
from chalicelib.platform.models import UsageHour


def add_hour(store_id: str, hour: datetime) -> None:
    """Add a store's hour without figures, unless it exists."""
    row = UsageHour(store_id, hour, computed_at=hour, expires_epoch=hour + UsageHour.KEEP)
    put_if(row, UsageHour.store_id.does_not_exist())


def iterate_stores_of_hour(hour: datetime) -> Iterator[str]:
    """Yield the stores that were called in the hour."""
    yield from (row.store_id for row in readable_rows(UsageHour.by_hour.query(hour)))


def list_stores_of_hour(hour: datetime, page: PageRequest) -> PageResult[str]:
    """Return a page of the stores that were called in the hour."""
    keys = query_page(UsageHour.by_hour.query(hour, limit=page.limit, last_evaluated_key=page.start))
    return keys.map(lambda row: str(row.store_id))


def find_hours(hour: datetime, store_ids: list[str]) -> list[UsageHour]:
    """Return the rows of these stores (at most 100) for an hour, with one call. Missing rows are left out."""
    rows = get_many((UsageHour, (store_id, hour)) for store_id in store_ids)
    return [row for row in rows if row is not None]


def find_hour(store_id: str, hour: datetime) -> UsageHour | None:
    """Return a store's hour, read consistently, or None."""
    try:
        return UsageHour.get(store_id, hour, consistent_read=True)
    except UsageHour.DoesNotExist:
        return None


def set_figures(row: UsageHour) -> bool:
    """Set the figures of an hour. Returns False if the hour is final, was computed from later logs, or is erased."""
    columns = (UsageHour.calls, UsageHour.errors, UsageHour.is_final, UsageHour.computed_at, UsageHour.endpoints)
    actions = [column.set(getattr(row, column.attr_name)) for column in columns]
    actions.append(UsageHour.changes.remove() if row.changes is None else UsageHour.changes.set(row.changes))
    is_open = (UsageHour.is_final == False) & (UsageHour.computed_at < row.computed_at)  # noqa: E712 - a condition
    return update_if(UsageHour(row.store_id, row.hour), actions, is_open)


def list_hours(store_id: str, first: datetime, last: datetime) -> list[UsageHour]:
    """Return a store's hours from `first` to `last`, both included, read consistently. An unreadable row is skipped."""
    span = UsageHour.hour.between(first, last)
    return list(readable_rows(UsageHour.query(store_id, span, consistent_read=True)))
