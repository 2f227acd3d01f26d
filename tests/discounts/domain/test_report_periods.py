"""When reports are due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.discounts.domain.report_periods import ReportRhythm, due_period, rhythm_of

MONTH = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]


def test_a_weekly_report_covers_the_week_that_ended_on_sunday() -> None:
    due = {day: period for day in MONTH if (period := due_period(ReportRhythm.WEEKLY, day))}
    assert list(due) == [date(2026, 11, day) for day in (1, 8, 15, 22, 29)]
    assert due[date(2026, 11, 8)] == (date(2026, 11, 2), date(2026, 11, 8))


@pytest.mark.parametrize("last", [date(2026, 11, 30), date(2026, 12, 31), date(2027, 2, 28), date(2028, 2, 29)])
def test_a_monthly_report_covers_the_month_that_ended(last: date) -> None:
    assert due_period(ReportRhythm.MONTHLY, last) == (last.replace(day=1), last)
    assert due_period(ReportRhythm.MONTHLY, last - timedelta(days=1)) is None


def test_no_report_is_due_when_it_is_off() -> None:
    assert not any(due_period(ReportRhythm.OFF, day) for day in MONTH)


@pytest.mark.parametrize("setting", [None, "", "daily", 1, True, ["weekly"], {"a": 1}, "WEEKLY"])
def test_an_unknown_setting_is_off(setting: object) -> None:
    assert rhythm_of(setting) is ReportRhythm.OFF
    assert rhythm_of("weekly") is ReportRhythm.WEEKLY
