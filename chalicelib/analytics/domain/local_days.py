"""The start and the end of local days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def day_bounds(day: date, time_zone: str) -> tuple[int, int]:
    """Return the start of a local day and of the next one, in milliseconds since 1970 UTC.

    An unknown time zone counts as UTC.
    """
    return _midnight(day, time_zone), _midnight(day + timedelta(days=1), time_zone)


def local_date(moment: datetime, time_zone: str) -> date:
    """Return the local date of a time. An unknown time zone counts as UTC."""
    return moment.astimezone(_zone(time_zone)).date()


def neighbors(day: date) -> tuple[date, date]:
    """Return the day before and the day after."""
    return day - timedelta(days=1), day + timedelta(days=1)


def milliseconds(moment: datetime) -> int:
    """Return a time in milliseconds since 1970 UTC, rounded down."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def moment_of(at_ms: int) -> datetime:
    """Return the time in UTC of milliseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)


def _midnight(day: date, time_zone: str) -> int:
    """Return the first moment whose local date is `day`.

    If a change of the offset skips or repeats midnight (Beirut, Havana), the earlier offset gives that moment.
    """
    return milliseconds(datetime.combine(day, time(), _zone(time_zone)).astimezone(UTC))


def _zone(time_zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
