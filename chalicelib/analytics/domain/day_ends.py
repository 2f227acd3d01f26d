"""When a site's day ends: the first full hour (UTC) after each local midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from chalicelib.analytics.domain.local_days import day_bounds, local_date, moment_of

_HOUR = timedelta(hours=1)


def next_close(now: datetime, time_zone: str) -> datetime:
    """Return the first full hour at or after the site's next midnight, in UTC."""
    _, end_ms = day_bounds(local_date(now, time_zone), time_zone)
    midnight = moment_of(end_ms)
    hour = midnight.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if hour == midnight else hour + _HOUR


def ended_day(close: datetime, time_zone: str) -> date:
    """Return the site's day that ended before the hour `close`."""
    return local_date(close, time_zone) - timedelta(days=1)
