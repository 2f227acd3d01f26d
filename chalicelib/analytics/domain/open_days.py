"""Which entry days of a funnel may still change."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

LATENESS = timedelta(hours=72)
"""Events of browsers arrive at most this late."""
_WESTERNMOST = timedelta(hours=12)
"""The last local day on Earth ends this long after the UTC day."""


def is_final(entry_day: date, window_seconds: int, now: datetime) -> bool:
    """Return whether the windows of the attempts that begin on the day are over, and its events have arrived."""
    end = datetime.combine(entry_day + timedelta(days=1), time(), now.tzinfo) + _WESTERNMOST
    return now >= end + timedelta(seconds=window_seconds) + LATENESS


def first_open_day(window_seconds: int, today: date) -> date:
    """Return the first entry day to compute on the day `today`: it may be the first run in which that day is final."""
    return today - timedelta(seconds=window_seconds) - LATENESS - timedelta(days=3)
