"""Streaks: consecutive calendar dates with a check-in. Only dates count, never hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

Pause = tuple[date, date | None]
"""The first and last date of a pause, both inclusive; None: it has not ended."""


class Streak(NamedTuple):
    """Numbers of dates in the current and in the longest run, and the last date that counts."""

    current: int
    longest: int
    last: date | None


def of(days: Iterable[date], today: date, paused: Collection[Pause] = ()) -> Streak:
    """Return the streak of the dates up to `today`; later dates are ignored.

    A missing `today` does not break the current run. Dates in a pause neither count nor break.
    """
    counted = sorted({day for day in days if day <= today and not is_paused(day, paused)})
    longest = length = 0
    last = None
    for day in counted:
        length = length + 1 if last is not None and adjoins(last, day, paused) else 1
        longest, last = max(longest, length), day
    is_current = last is not None and adjoins(last, today, paused)
    return Streak(length if is_current else 0, longest, last)


def is_paused(day: date, paused: Collection[Pause]) -> bool:
    """Return whether the date lies in a pause."""
    return any(start <= day and (end is None or day <= end) for start, end in paused)


def adjoins(earlier: date, later: date, paused: Collection[Pause]) -> bool:
    """Return whether no date that counts lies between the two."""
    return unpaused_dates(earlier.toordinal() + 1, later.toordinal() - 1, paused) == 0


def unpaused_dates(first: int, last: int, paused: Collection[Pause]) -> int:
    """Return the number of dates outside the pauses, from the ordinal `first` to the ordinal `last`, both inclusive."""
    if last < first:
        return 0
    covered, reached = 0, first - 1
    for start, end in sorted((start.toordinal(), end.toordinal() if end else last) for start, end in paused):
        begin, finish = max(start, reached + 1), min(end, last)
        if finish >= begin:
            covered, reached = covered + finish - begin + 1, finish
    return last - first + 1 - covered
