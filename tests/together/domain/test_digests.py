"""Tests of the digest's text."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from chalicelib.together.domain.digests import WeekFacts, count_couple_days, digest_text, ended_weeks, week_name
from chalicelib.together.enums import Trend


def test_weeks_end_on_sundays_and_have_their_iso_name() -> None:
    days = [date(2030, 12, 25) + timedelta(days=number) for number in range(12)]
    assert ended_weeks(days) == [date(2030, 12, 29), date(2031, 1, 5)]
    assert [week_name(day) for day in ended_weeks(days)] == ["2030-W52", "2031-W01"]


def test_the_text_has_a_line_for_each_fact() -> None:
    text = digest_text(WeekFacts(5, 4, 12, Decimal("78.5"), Trend.IMPROVING, 2))
    assert text.splitlines() == [
        "You checked in on 5 days, both of you on 4 days.",
        "Your streak as a couple: 12 days.",
        "Your score is 78.5 of 100 and it is improving.",
        "Important dates in the next two weeks: 2.",
    ]


def test_what_is_unknown_or_none_has_no_line() -> None:
    text = digest_text(WeekFacts(1, 0, 0, None, None, 0))
    assert text.splitlines() == [
        "You checked in on 1 day, both of you on 0 days.",
        "Your streak as a couple: 0 days.",
    ]


def test_couple_days_are_those_of_both() -> None:
    one, two = {date(2031, 1, 1), date(2031, 1, 2)}, {date(2031, 1, 2), date(2031, 1, 3)}
    assert (count_couple_days([one, two]), count_couple_days([])) == (1, 0)
