"""When an event happened: the sender's clock corrected, its age, and its local day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_CLOCK_ERROR = timedelta(seconds=60)
"""A clock that is off by at most this is taken as exact: a request is on its way for some seconds."""
MAX_AGE_BROWSER = timedelta(hours=72)
MAX_AGE_SERVER = timedelta(days=731)
OVERLAP = timedelta(minutes=30)
"""For so long after midnight a visitor is also known by the hash under the last salt."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownTimeZone(ValueError):
    """There is no such time zone in the IANA database."""


def corrected(at: datetime, sent_at: datetime | None, received: datetime) -> datetime:
    """Return the time of the event by our clock, never later than `received`.

    The sender's clock is off by `received - sent_at`; up to MAX_CLOCK_ERROR, or without `sent_at`, it is taken as exact.
    """
    now = sent_at if sent_at and abs(received - sent_at) > MAX_CLOCK_ERROR else received
    age = max(now - at, timedelta())
    return received - min(age, received - _EPOCH)  # any larger age could overflow


def is_too_old(moment: datetime, received: datetime, *, is_server: bool) -> bool:
    """Return whether the event is older than its sender may report."""
    return received - moment > (MAX_AGE_SERVER if is_server else MAX_AGE_BROWSER)


def local_day(moment: datetime, time_zone: str) -> date:
    """Return the local date of a moment. Raises UnknownTimeZone."""
    return moment.astimezone(_zone(time_zone)).date()


def day_before_overlap(moment: datetime, time_zone: str) -> date | None:
    """Return the local date before, if it ended less than OVERLAP ago; otherwise None. Raises UnknownTimeZone."""
    before = local_day(moment - OVERLAP, time_zone)
    return before if before != local_day(moment, time_zone) else None


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimeZone(name) from error
