"""Local days of a shop: the end of the current day, and the last day that has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from chalicelib.discounts.domain.windows import zone_of

MAX_MISSED_DAYS = 62
"""Days that are closed after an outage; older ones are not."""
_DAY = timedelta(days=1)


def local_date(moment: datetime, time_zone: str | None) -> date:
    """Return the date in the zone at that time."""
    return moment.astimezone(zone_of(time_zone)).date()


def next_midnight(moment: datetime, time_zone: str | None) -> datetime:
    """Return the first moment, in UTC, of the local day after that of `moment`.

    If a change of the offset skips or repeats midnight, the earlier offset gives that moment.
    """
    return _midnight(local_date(moment, time_zone) + _DAY, time_zone)


def last_midnight(moment: datetime, time_zone: str | None) -> datetime:
    """Return the first moment, in UTC, of the local day of `moment`."""
    return _midnight(local_date(moment, time_zone), time_zone)


def _midnight(day: date, time_zone: str | None) -> datetime:
    return datetime.combine(day, time(), zone_of(time_zone)).astimezone(UTC)


def ended_day(moment: datetime, time_zone: str | None) -> date:
    """Return the last local day that has ended at that time."""
    return local_date(moment, time_zone) - _DAY


def first_open_day(closed: date | None, due: date, last: date) -> date:
    """Return the first day to close: that after the `closed` one, without one the `due` day.

    `last` is the last day that has ended. The result is after it if no day is open.
    """
    first = closed + _DAY if closed else due
    return max(first, last - MAX_MISSED_DAYS * _DAY)
