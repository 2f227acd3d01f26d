"""The log of calls of the stores' data APIs, by store and UTC day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from chalicelib.kit import ids
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import readable_rows
from chalicelib.platform.domain.usage_logs import store_day
from chalicelib.platform.models import ApiUsageLog


def add_log(row: ApiUsageLog) -> None:
    """Store the log of a call."""
    row.save()


def iterate_logs_of_hour(store_id: str, hour: datetime) -> Iterator[ApiUsageLog]:
    """Yield a store's calls that began in the hour. An unreadable row is skipped.

    The read is eventually consistent, which costs half: an hour is computed again until long after its last call.
    """
    first, last = ids.time_prefix(hour), ids.time_prefix(hour + timedelta(hours=1) - timedelta(milliseconds=1)) + "~"
    partition = store_day(store_id, hour.date())
    yield from readable_rows(ApiUsageLog.query(partition, ApiUsageLog.id.between(first, last)))


def list_logs(store_id: str, day: date, page: PageRequest) -> PageResult[ApiUsageLog]:
    """Return a page of a store's calls of a UTC day, newest first."""
    rows = ApiUsageLog.query(
        store_day(store_id, day), scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start
    )
    return query_page(rows)
