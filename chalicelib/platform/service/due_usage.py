"""The stores that were called, found by the hour: their usage is computed, and at night their rows are counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.kit import messages
from chalicelib.platform.domain.media_files import ABANDONED_AFTER
from chalicelib.platform.domain.usage_hours import FINAL_AFTER, HOUR
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.repository import usage_hours
from chalicelib.platform.schemas.usage_messages import CensusRequested, UsageRollUpRequested

FIRST_RUN = timedelta(days=2)
"""The time before the first run in which hours are searched."""
LONGEST = timedelta(days=31)
"""The longest time before the run in which hours are searched."""


def request_roll_ups(due: datetime, last_completed: datetime | None) -> None:
    """Send each store that was called since the last completed run to `platform-measure_store`; a repeat is harmless.

    Hours that may not be final yet are sent, too.
    """
    start = _first_hour(due, last_completed) - FINAL_AFTER - HOUR
    hours: dict[str, list[datetime]] = {}
    for hour in _hours(start, due):
        for store_id in usage_hours.iterate_stores_of_hour(hour):
            hours.setdefault(store_id, []).append(hour)
    messages.publish_many(UsageRollUpRequested(store_id=each, hours=tuple(hours[each])) for each in hours)


def request_censuses(due: datetime, last_completed: datetime | None) -> None:
    """Send each store that was called since the last completed run to `platform-measure_store`; a repeat is harmless.

    Stores that began an upload shortly before that run are sent again, because the upload may be abandoned now.
    """
    hours = _hours(start_of_hour(_first_hour(due, last_completed) - ABANDONED_AFTER), due)
    stores = {store_id: None for hour in hours for store_id in usage_hours.iterate_stores_of_hour(hour)}
    messages.publish_many(CensusRequested(store_id=each) for each in stores)


def _first_hour(due: datetime, last_completed: datetime | None) -> datetime:
    return start_of_hour(max(last_completed or due - FIRST_RUN, due - LONGEST))


def _hours(hour: datetime, end: datetime) -> Iterator[datetime]:
    while hour <= end:
        yield hour
        hour += HOUR
