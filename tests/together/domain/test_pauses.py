"""Tests of pauses and of the streaks that rows hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.together.domain import streaks
from chalicelib.together.domain.pauses import MAX_PAUSES, has_open_pause, is_pause_open, with_pause, without_pause
from chalicelib.together.domain.stored_streaks import paused_dates, streak_of

START = datetime(2027, 1, 1, tzinfo=UTC)
MEMBERS = ("ada", "ben")


class Row:
    """The columns of a streak."""

    def __init__(self, start: date | None, end: date | None, longest: int) -> None:
        self.streak_start, self.streak_end, self.streak_longest = start, end, longest


@given(st.lists(st.sampled_from(MEMBERS), max_size=150))
def test_each_member_has_at_most_one_open_pause_and_the_list_keeps_its_cap(toggles: list[str]) -> None:
    pauses: list[list[str | None]] = []
    opened: set[str] = set()
    for hour, member in enumerate(toggles):
        now = START + timedelta(hours=hour)
        change = without_pause if member in opened else with_pause
        pauses = change(pauses, member, now)
        opened ^= {member}
        assert {each for each in MEMBERS if has_open_pause(pauses, each)} == opened
        assert is_pause_open(pauses) is bool(opened)
        assert len(pauses) <= MAX_PAUSES


def test_the_dates_of_a_pause_are_those_of_the_member_who_paused() -> None:
    pauses: list[list[str | None]] = [
        ["2027-01-01T23:30:00Z", "2027-01-03T11:00:00Z", "ada"],
        ["2027-02-01T11:00:00Z", None, "ben"],
    ]
    zones = {"ada": "Europe/Berlin", "ben": "Pacific/Kiritimati"}
    assert paused_dates(pauses, zones) == [(date(2027, 1, 2), date(2027, 1, 3)), (date(2027, 2, 2), None)]
    assert paused_dates(pauses, {})[0] == (date(2027, 1, 1), date(2027, 1, 3))


@given(st.sets(st.integers(0, 40)), st.integers(0, 45), st.integers(0, 40), st.integers(0, 10))
def test_a_stored_run_gives_the_same_streak_as_its_dates(days: set[int], today: int, start: int, length: int) -> None:
    """The row holds the last run of the dates; the streak that is computed from it equals the one from all dates."""
    first = date(2027, 1, 1)
    paused = [(first + timedelta(days=start), first + timedelta(days=start + length))]
    dates = [first + timedelta(days=day) for day in days if day <= today]
    expected = streaks.of(dates, first + timedelta(days=today), paused)
    if expected.last is None:
        assert streak_of(Row(None, None, 0), first, paused) == (0, 0, None)
        return
    counted = sorted(day for day in dates if not streaks.is_paused(day, paused))
    run_start = counted[-1]
    for day in reversed(counted[:-1]):
        if not streaks.adjoins(day, run_start, paused):
            break
        run_start = day
    row = Row(run_start, counted[-1], expected.longest)
    assert streak_of(row, first + timedelta(days=today), paused) == expected
