"""The hours of the stores' usage. An index lists the stores that were called in an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.kit.tables import put_if, readable_rows
from chalicelib.platform.models import UsageHour


def add_hour(store_id: str, hour: datetime) -> None:
    """Add a store's hour without figures, unless it exists."""
    row = UsageHour(store_id, hour, expires_epoch=hour + UsageHour.KEEP)
    put_if(row, UsageHour.store_id.does_not_exist())


def iterate_stores_of_hour(hour: datetime) -> Iterator[str]:
    """Yield the stores that were called in the hour."""
    yield from (row.store_id for row in readable_rows(UsageHour.by_hour.query(hour)))
