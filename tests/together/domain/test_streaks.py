"""Tests of streaks against a naive count of dates."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.together.domain import streaks
from chalicelib.together.domain.streaks import Pause, Streak

TODAY = date(2028, 3, 1)
DAY = timedelta(days=1)

near = st.integers(-40, 3).map(lambda days: TODAY + days * DAY)
pauses = st.lists(
    st.tuples(near, st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1] * DAY))
    | st.tuples(near, st.none()),
    max_size=3,
)


def naive(days: set[date], today: date, paused: list[Pause]) -> Streak:
    """Count on a calendar from which the dates of pauses are removed."""
    calendar = [
        day
        for day in (today - back * DAY for back in range(60, -1, -1))
        if not any(start <= day <= (end or date.max) for start, end in paused)
    ]
    runs, length = [0], 0
    for day in calendar:
        length = length + 1 if day in days else 0
        runs.append(length)
    current = runs[-1]
    if current == 0 and calendar and calendar[-1] == today:
        current = runs[-2]
    return Streak(current, max(runs), max((day for day in calendar if day in days), default=None))


@given(st.sets(near), pauses)
def test_a_streak_equals_a_naive_count_of_dates(days: set[date], paused: list[Pause]) -> None:
    assert streaks.of(days, TODAY, paused) == naive(days, TODAY, paused)


@given(st.lists(near))
def test_order_and_duplicates_change_nothing(days: list[date]) -> None:
    assert streaks.of([*days, *reversed(days)], TODAY) == streaks.of(set(days), TODAY)


def test_a_missing_today_does_not_break() -> None:
    days = [TODAY - 2 * DAY, TODAY - DAY]
    assert streaks.of(days, TODAY) == (2, 2, TODAY - DAY)
    assert streaks.of(days, TODAY + DAY) == (0, 2, TODAY - DAY)


def test_february_29_is_a_date_like_any_other() -> None:
    assert streaks.of([date(2028, 2, 28), date(2028, 3, 1)], TODAY).current == 1
    assert streaks.of([date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)], TODAY).current == 3


def test_a_check_in_during_a_pause_does_not_count() -> None:
    days = [TODAY - back * DAY for back in range(5)]
    assert streaks.of(days, TODAY, [(TODAY - 3 * DAY, TODAY - 2 * DAY)]) == (3, 3, TODAY)


def test_an_open_pause_keeps_the_streak() -> None:
    assert streaks.of([TODAY - 30 * DAY], TODAY, [(TODAY - 29 * DAY, None)]) == (1, 1, TODAY - 30 * DAY)


def test_no_dates_are_no_streak() -> None:
    assert streaks.of([], TODAY) == (0, 0, None)
