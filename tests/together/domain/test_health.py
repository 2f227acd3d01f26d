"""Tests of the health score and its trend."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.together.domain import health
from chalicelib.together.domain.health import Counts, Ratings
from chalicelib.together.enums import Trend

number = st.integers(1, 10)
checkins = st.lists(st.tuples(number, number, number), min_size=2, max_size=7)
count = st.integers(0, 300)


def mean(values: list[int]) -> Decimal:
    return Decimal(sum(values)) / len(values)


@given(checkins, checkins, st.integers(0, 7), count, count, count)
def test_the_score_follows_the_formula(
    mine: list[Ratings], theirs: list[Ratings], couple_days: int, activities: int, minutes: int, finished: int
) -> None:
    parts = [
        ((mean([row[part] for row in mine]) + mean([row[part] for row in theirs])) / 2 - 1) / 9 * weight
        for part, weight in ((0, 25), (1, 25), (2, 10))
    ]
    one = Decimal(1)
    parts += [
        min(Decimal(couple_days) / 7, one) * 20,
        min(Decimal(activities) / 4, one) * 10,
        min(Decimal(minutes) / 120, one) * 5,
        min(Decimal(finished) / 2, one) * 5,
    ]
    exact = sum(parts, Decimal())
    score = health.score(mine, theirs, couple_days, activities, minutes, finished)
    assert score in {(exact + nudge).quantize(Decimal("0.1"), ROUND_HALF_UP) for nudge in (0, Decimal("1e-20"))}
    assert 0 <= score <= 100


@given(checkins, checkins)
def test_the_score_does_not_depend_on_who_asks(mine: list[Ratings], theirs: list[Ratings]) -> None:
    assert health.score(mine, theirs, 3, 1, 20, 1) == health.score(theirs, mine, 3, 1, 20, 1)


def test_the_bounds_are_0_and_100() -> None:
    assert health.score([(1, 1, 1)] * 2, [(1, 1, 1)] * 2, 0, 0, 0, 0) == 0
    assert health.score([(10, 10, 10)] * 2, [(10, 10, 10)] * 7, 7, 9, 900, 9) == 100


def test_a_half_is_rounded_up() -> None:
    assert health.score([(1, 1, 1)] * 2, [(1, 1, 1)] * 2, 0, 0, 6, 0) == Decimal("0.3")  # 0.25 exactly


@pytest.mark.parametrize(("mine", "theirs"), [(1, 2), (2, 1), (0, 7)])
def test_fewer_than_two_check_ins_of_a_member_give_no_score(mine: int, theirs: int) -> None:
    assert health.score([(5, 5, 5)] * mine, [(5, 5, 5)] * theirs, 1, 1, 1, 1) is None


def test_the_components_sum_up_to_the_score() -> None:
    mine, theirs = [(7, 8, 9)] * 2, [(3, 4, 5)] * 3
    parts = health.components(mine, theirs, Counts(2, 1, 30, 1))
    assert parts is not None
    assert health.rounded(sum(parts, Fraction())) == health.score(mine, theirs, 2, 1, 30, 1)


@pytest.mark.parametrize(
    ("difference", "expected"),
    [("5", Trend.IMPROVING), ("4.9", Trend.STEADY), ("-4.9", Trend.STEADY), ("-5", Trend.DECLINING)],
)
def test_a_trend_is_a_change_of_five_points(difference: str, expected: Trend) -> None:
    before = [Decimal("50")] * 3
    assert health.trend([Decimal("50") + Decimal(difference)] * 4, before) is expected


def test_a_trend_takes_three_scores_of_each_week() -> None:
    full, gaps = [Decimal("50")] * 3, [Decimal("90"), None, Decimal("90"), None]
    assert health.trend(full, gaps) is None
    assert health.trend(gaps, full) is None
    assert health.trend([*full, None], full) is Trend.STEADY
