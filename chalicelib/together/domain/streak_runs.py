"""The run of dates that a row holds: its first and last date, and the length of the longest run so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from chalicelib.together.domain.streaks import Pause, adjoins, is_paused, unpaused_dates


class Run(NamedTuple):
    """The latest run of dates, and the length of the longest run."""

    start: date | None
    end: date | None
    longest: int


def run_of(days: Iterable[date], paused: Collection[Pause] = ()) -> Run:
    """Return the run of all these dates."""
    run = Run(None, None, 0)
    for day in sorted(set(days)):
        run = extended(run, day, paused) or run
    return run


def extended(run: Run, day: date, paused: Collection[Pause] = ()) -> Run | None:
    """Return the run with a date added; None for a date before the run: that needs the dates before it."""
    start, end, longest = run
    if is_paused(day, paused):
        return run
    if start is None or end is None:
        return Run(day, day, max(longest, 1))
    if day < start:
        return None
    if day <= end:
        return run
    first = start if adjoins(end, day, paused) else day
    return Run(first, day, max(longest, unpaused_dates(first.toordinal(), day.toordinal(), paused)))


def joined(run: Run, earlier_days: Iterable[date], paused: Collection[Pause] = ()) -> Run:
    """Return the run with dates before it added, which may adjoin it or be a run of their own."""
    if run.start is None or run.end is None:
        return run_of(earlier_days, paused)
    present = map(date.fromordinal, range(run.start.toordinal(), run.end.toordinal() + 1))
    all_days = run_of([*earlier_days, *present], paused)
    return all_days._replace(longest=max(run.longest, all_days.longest))


class Walk:
    """A walk back in time over dates with a check-in, from `day`. `is_over` once a date that counts is missing."""

    def __init__(self, day: date, paused: Collection[Pause] = ()) -> None:
        self.reached, self.days, self.is_over = day, {day}, False
        self._paused = paused

    def visit(self, day: date) -> None:
        """Pass a date; dates come in descending order, with or without a check-in."""
        self.is_over = self.is_over or (day < self.reached and not adjoins(day, self.reached, self._paused))

    def add(self, day: date) -> None:
        """Add a date with a check-in, after `visit`."""
        self.days.add(day)
        if not self.is_over and day < self.reached and not is_paused(day, self._paused):
            self.reached = day
