"""The health score of a couple and its trend: pure formulas over the last days, version `METHOD`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import NamedTuple

from chalicelib.together.enums import Trend

METHOD = 1
"""Version of the formula. Raise it if a score changes for the same input."""
MIN_CHECKINS = 2
MIN_SCORES = 3
TREND_POINTS = 5

Ratings = tuple[int, int, int]
"""The scores of one check-in, 1 to 10: connection, satisfaction, mood."""


class Counts(NamedTuple):
    """The counts beside the ratings: couple days of 7 days; activities, minutes of talks, finished plans of 30 days."""

    couple_days: int
    activities: int
    minutes: int
    finished: int


class Components(NamedTuple):
    """The points of each part of the score; together at most 100."""

    connection: Fraction
    satisfaction: Fraction
    mood: Fraction
    checkins: Fraction
    activities: Fraction
    talks: Fraction
    finished: Fraction


def score(
    mine: Sequence[Ratings],
    theirs: Sequence[Ratings],
    couple_days: int,
    activities: int,
    minutes: int,
    finished: int,
) -> Decimal | None:
    """Return the health score, 0 to 100, rounded half up to 0.1; None if a member shared fewer than two check-ins.

    `mine` and `theirs` are the shared check-ins of 7 days, `couple_days` the dates of both in them. Completed
    `activities`, `minutes` of talks, and `finished` goals and challenges are those of 30 days.
    """
    parts = components(mine, theirs, Counts(couple_days, activities, minutes, finished))
    return None if parts is None else rounded(sum(parts, Fraction()))


def components(mine: Sequence[Ratings], theirs: Sequence[Ratings], counts: Counts) -> Components | None:
    """Return the points of each part of the score; None if a member shared fewer than two check-ins."""
    if min(len(mine), len(theirs)) < MIN_CHECKINS:
        return None
    connection, satisfaction, mood = averages(mine, theirs)
    return Components(
        (connection - 1) / 9 * 25,
        (satisfaction - 1) / 9 * 25,
        (mood - 1) / 9 * 10,
        _share(counts.couple_days, 7) * 20,
        _share(counts.activities, 4) * 10,
        _share(counts.minutes, 120) * 5,
        _share(counts.finished, 2) * 5,
    )


def averages(mine: Sequence[Ratings], theirs: Sequence[Ratings]) -> tuple[Fraction, Fraction, Fraction]:
    """Return the means of both members' means of connection, satisfaction and mood; both must have check-ins."""
    connection, satisfaction, mood = (
        (Fraction(sum(row[part] for row in mine), len(mine)) + Fraction(sum(row[part] for row in theirs), len(theirs)))
        / 2
        for part in range(3)
    )
    return connection, satisfaction, mood


def trend(last: Sequence[Decimal | None], before: Sequence[Decimal | None]) -> Trend | None:
    """Return how the mean score of the last 7 days differs from that of the 7 days before.

    A difference of 5 points or more is a change. None if one of the two has fewer than 3 scores; None in them is a day
    without a score.
    """
    scores, scores_before = _scores(last), _scores(before)
    if min(len(scores), len(scores_before)) < MIN_SCORES:
        return None
    difference = sum(scores) / len(scores) - sum(scores_before) / len(scores_before)
    if difference >= TREND_POINTS:
        return Trend.IMPROVING
    return Trend.DECLINING if difference <= -TREND_POINTS else Trend.STEADY


def rounded(value: Fraction) -> Decimal:
    """Return the value rounded half up to one decimal."""
    return Decimal(floor(value * 10 + Fraction(1, 2))) / 10


def _share(count: int, full: int) -> Fraction:
    return min(Fraction(count, full), Fraction(1))


def _scores(values: Sequence[Decimal | None]) -> list[Fraction]:
    return [Fraction(value) for value in values if value is not None]
