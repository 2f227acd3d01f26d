"""Streaks as rows hold them: first and last date of the latest run, and the length of the longest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from chalicelib.kit import clock
from chalicelib.together.domain import streaks
from chalicelib.together.domain.pauses import Pause
from chalicelib.together.domain.streaks import Streak


class StreakFields(Protocol):
    """The columns of a streak, of a member or of a couple."""

    @property
    def streak_start(self) -> date | None: ...
    @property
    def streak_end(self) -> date | None: ...
    @property
    def streak_longest(self) -> int: ...


def streak_of(row: StreakFields, today: date, paused: Collection[streaks.Pause] = ()) -> Streak:
    """Return the streak of the row as of `today`. A run that ended before yesterday is not current."""
    start, end = row.streak_start, row.streak_end
    if start is None or end is None:
        return Streak(0, row.streak_longest, None)
    is_current = end >= today or streaks.adjoins(end, today, paused)
    length = streaks.unpaused_dates(start.toordinal(), end.toordinal(), paused)
    return Streak(length if is_current else 0, max(row.streak_longest, length), end)


def paused_dates(pauses: Sequence[Pause], zones: Mapping[str, str]) -> list[streaks.Pause]:
    """Return the dates of the pauses, each in the zone of the member who paused (UTC if they are erased)."""
    return [
        (_date_in(str(since), zone), _date_in(until, zone) if until else None)
        for since, until, by in pauses
        for zone in [ZoneInfo(zones.get(str(by), "UTC"))]
    ]


def earlier_today(zones: Collection[str]) -> date:
    """Return the earliest date that it is now in one of the zones."""
    return min(clock.now().astimezone(ZoneInfo(zone)).date() for zone in zones)


def _date_in(moment: str, zone: ZoneInfo) -> date:
    return clock.parse(moment).astimezone(zone).date()
