"""Local days of a shop: the end of the current day, and the last day that has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from chalicelib.discounts.domain.windows import zone_of

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
