"""Tests of the occurrences of dates."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.together.domain import occurrences

DAY = timedelta(days=1)
dates = st.dates(date(1950, 1, 1), date(2100, 12, 31))


def is_occurrence(value: date, day: date) -> bool:
    """Return whether a yearly date occurs on the day."""
    if (day + DAY).month == 3 and day.month == 2 and not (day.day == 28 and (value.month, value.day) == (2, 28)):
        return (value.month, value.day) in ((2, 28), (2, 29)) if day.day == 28 else (value.month, value.day) == (2, 29)
    return (value.month, value.day) == (day.month, day.day)


@given(dates, dates)
def test_the_next_occurrence_is_the_first_one(value: date, today: date) -> None:
    day = max(value, today)
    while not is_occurrence(value, day):
        day += DAY
    assert occurrences.next_on(value, True, today) == day


@given(dates, dates)
def test_a_single_date_occurs_once(value: date, today: date) -> None:
    assert occurrences.next_on(value, False, today) == (value if value >= today else None)


@given(dates, st.booleans(), st.integers(0, 60), dates)
def test_the_reminder_comes_before_the_occurrence_and_not_in_the_past(
    value: date, is_recurring: bool, days_before: int, today: date
) -> None:
    reminder = occurrences.next_reminder(value, is_recurring, days_before, today)
    occurs_on = occurrences.next_on(value, is_recurring, today)
    if occurs_on is None:
        assert reminder is None
    else:
        assert reminder == (occurs_on, max(today, occurs_on - days_before * DAY))


@given(dates, st.integers(0, 60))
def test_reminders_in_sequence_name_each_year_once(value: date, days_before: int) -> None:
    today = date(2024, 1, 1)
    years = []
    for _ in range(10):
        reminder = occurrences.next_reminder(value, True, days_before, today)
        assert reminder is not None
        years.append(reminder.occurs_on.year)
        today = reminder.occurs_on + DAY
    assert years == list(range(years[0], years[0] + 10))


def test_february_29_is_february_28_in_common_years() -> None:
    leap = date(2000, 2, 29)
    assert occurrences.next_on(leap, True, date(2027, 2, 1)) == date(2027, 2, 28)
    assert occurrences.next_on(leap, True, date(2028, 2, 1)) == date(2028, 2, 29)
    assert occurrences.next_on(leap, True, date(2027, 3, 1)) == date(2028, 2, 29)
    assert occurrences.next_on(date(2000, 2, 28), True, date(2028, 2, 1)) == date(2028, 2, 28)


def test_the_calendar_ends_without_an_error() -> None:
    assert occurrences.next_on(date(2000, 1, 1), True, date(9999, 1, 2)) is None
    assert occurrences.next_reminder(date(1, 1, 2), False, 60, date(1, 1, 1)) == (date(1, 1, 2), date(1, 1, 1))
