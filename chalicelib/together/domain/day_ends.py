"""When a calendar day is over for both members, and the key under which its scores are due."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from chalicelib.together.domain.moments import at, local_date
from chalicelib.together.domain.notices import due_in

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def day_end(day: date, zones: Collection[str]) -> datetime:
    """Return the moment at which the day is over in all zones."""
    return max(at(day + _DAY, 0, zone) for zone in zones)


def last_day_over(now: datetime, zones: Collection[str]) -> date:
    """Return the last day that is over in all zones."""
    return min(local_date(now, zone) for zone in zones) - _DAY


def score_due(now: datetime, zones: Collection[str], relationship_id: str) -> str:
    """Return the key under which the relationship is found in the hour after its present day is over in all zones."""
    end = day_end(last_day_over(now, zones) + _DAY, zones)
    hour = end.replace(minute=0, second=0, microsecond=0)
    return due_in(hour if hour == end else hour + _HOUR, relationship_id)


def is_stale(key: str | None, now: datetime) -> bool:
    """Return whether the key is missing, or its hour has passed without a run for a day."""
    return key is None or key < f"{now - _DAY:%Y-%m-%dT%H}"
