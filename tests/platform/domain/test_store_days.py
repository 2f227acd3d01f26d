"""A store's days: they follow each other without a gap in every zone, and each is measured once it has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.store_days import (
    DAYS_BACK,
    MEASURED_AFTER,
    DayCounts,
    day_bounds,
    day_figures,
    days_to_measure,
    local_date,
)

ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Apia", "Asia/Beirut"]
)
DATES = st.dates(date(2015, 1, 1), date(2035, 1, 1))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)]
)
def test_a_day_on_which_the_clocks_change_has_23_or_25_hours(day: date, hours: int) -> None:
    start, end = day_bounds(day, "Europe/Berlin")
    assert end - start == hours * HOUR


@given(DATES, ZONES)
def test_days_follow_each_other_without_a_gap(day: date, zone: str) -> None:
    start, end = day_bounds(day, zone)
    assert end == day_bounds(day + DAY, zone)[0]
    assert start.tzinfo is UTC
    if start < end:  # Apia had no 30 December 2011, others have all their days
        assert local_date(start, zone) == day
        assert local_date(end - timedelta(microseconds=1), zone) == day


@given(DATES, ZONES, st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_each_day_is_measured_four_times_whenever_the_schedule_runs(day: date, zone: str, pauses: list[int]) -> None:
    """A run after a pause measures what the runs in between would have: each day once it has ended, and three times more."""
    run = datetime(day.year, day.month, day.day, tzinfo=UTC)
    measured: list[date] = []
    for pause in pauses:
        following = run + pause * HOUR
        days = days_to_measure(run, following, zone)
        assert days == sorted(set(days))
        assert all(day_bounds(each, zone)[1] + MEASURED_AFTER <= following for each in days)
        ended = [each for each in days if day_bounds(each, zone)[1] + MEASURED_AFTER > run]
        assert set(days) == {each - back * DAY for each in ended for back in range(DAYS_BACK + 1)}
        measured += ended
        run = following
    assert measured == [measured[0] + number * DAY for number in range(len(measured))] if measured else True


def test_averages_need_something_to_divide_by() -> None:
    none = day_figures(DayCounts(0, 0, Decimal(0), 0), 0)
    assert (none.avg_order_value, none.conversion_rate) == (None, None)
    some = day_figures(DayCounts(3, 2, Decimal("10.01"), 1), 7)
    assert (some.avg_order_value, some.conversion_rate) == (Decimal("5.0050"), Decimal("0.4286"))
