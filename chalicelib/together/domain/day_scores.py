"""The score of a day from what both members shared until then: check-ins of 7 days, the rest of 30 days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from chalicelib.together.domain import health
from chalicelib.together.domain.couple_days import CheckinFields, counts_for_couple, couple_days
from chalicelib.together.domain.health import Counts, Ratings

CHECKIN_DAYS = 7
PLAN_SPAN = timedelta(days=30)


class ScoredCheckin(CheckinFields, Protocol):
    """The fields of a check-in that the score reads."""

    @property
    def is_private(self) -> bool: ...
    @property
    def connection_score(self) -> int: ...
    @property
    def relationship_satisfaction(self) -> int: ...
    @property
    def mood_score(self) -> int: ...


@dataclass(frozen=True, slots=True)
class History:
    """What the couple did: check-ins of both, and when activities, goals and challenges were completed.

    `talks` are the times and minutes of the talks that both may read.
    """

    members: tuple[str, str]
    activated_at: datetime | None
    checkins: Sequence[ScoredCheckin]
    activities: Sequence[datetime] = ()
    talks: Sequence[tuple[datetime, int]] = ()
    goals: Sequence[datetime] = ()
    challenges: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class DayScore:
    """The numbers of one day; score, averages and components are None if there are too few shared check-ins."""

    day: date
    health_score: Decimal | None
    averages: tuple[Decimal, Decimal, Decimal] | None
    components: dict[str, Decimal] | None
    counts: Counts
    goals: int


def score_of(history: History, day: date, end: datetime) -> DayScore:
    """Return the score of a day, which is over for both members at `end`."""
    first = day - timedelta(days=CHECKIN_DAYS - 1)
    week = [
        row
        for row in history.checkins
        if first <= row.checkin_date <= day and counts_for_couple(row, history.activated_at)
    ]
    mine, theirs = (_ratings(week, member) for member in history.members)
    goals = _count(history.goals, end)
    counts = Counts(
        len(couple_days(week, history.activated_at)),
        _count(history.activities, end),
        sum(minutes for at, minutes in history.talks if end - PLAN_SPAN <= at < end),
        goals + _count(history.challenges, end),
    )
    parts = health.components(mine, theirs, counts)
    if parts is None:
        return DayScore(day, None, None, None, counts, goals)
    connection, satisfaction, mood = (health.rounded(value) for value in health.averages(mine, theirs))
    return DayScore(
        day,
        health.rounded(sum(parts, Fraction())),
        (connection, satisfaction, mood),
        {name: health.rounded(value) for name, value in parts._asdict().items()},
        counts,
        goals,
    )


def touched_days(days: Iterable[date], today: date) -> list[date]:
    """Return the days up to `today` whose score or trend depends on one of the dates, in order."""
    span = range(2 * CHECKIN_DAYS)
    return sorted({day + timedelta(days=number) for day in days for number in span if number <= (today - day).days})


def _ratings(week: Iterable[ScoredCheckin], member: str) -> list[Ratings]:
    return [
        (row.connection_score, row.relationship_satisfaction, row.mood_score)
        for row in week
        if row.user_id == member and not row.is_private
    ]


def _count(moments: Iterable[datetime], end: datetime) -> int:
    return sum(1 for moment in moments if end - PLAN_SPAN <= moment < end)
