"""Local hours as moments: the time at which a date and hour occur in a time zone, and the end of quiet hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """Return the time zone with this IANA name. Raises ValueError if there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise ValueError("not an IANA time zone") from error


def local_date(moment: datetime, zone: str | tzinfo) -> date:
    """Return the calendar date of the moment in the zone."""
    return moment.astimezone(_zone(zone)).date()


def at(day: date, hour: int, zone: str | tzinfo) -> datetime:
    """Return the UTC moment of the local date and hour.

    A local time that the clocks skip takes the offset before the gap; of a repeated one the first counts (RFC 5545,
    3.3.5).
    """
    return _at(day, hour, zone, fold=0)


def after_quiet(moment: datetime, zone: str | tzinfo, start: int = 21, end: int = 8) -> datetime:
    """Return the moment, or the end of the quiet hours in which it lies, in UTC.

    Quiet hours begin at the local hour `start` and last until the local hour `end`; equal ones are none.
    """
    moment = moment.astimezone(UTC)
    while is_quiet(local := moment.astimezone(_zone(zone)), start, end):
        day = local.date() + _DAY if local.hour >= end else local.date()
        first = _at(day, end, zone, fold=0)
        moment = first if first > moment else _at(day, end, zone, fold=1)
    return moment


def is_quiet(local: datetime, start: int, end: int) -> bool:
    """Return whether the local time lies in the quiet hours."""
    if start <= end:
        return start <= local.hour < end
    return local.hour >= start or local.hour < end


def _at(day: date, hour: int, zone: str | tzinfo, fold: int) -> datetime:
    return datetime.combine(day, time(hour, fold=fold), _zone(zone)).astimezone(UTC)


def _zone(zone: str | tzinfo) -> tzinfo:
    return zone_of(zone) if isinstance(zone, str) else zone
