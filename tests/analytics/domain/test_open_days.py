"""When an entry day of a funnel is final."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.analytics.domain.open_days import first_open_day, is_final


def test_an_entry_day_is_final_when_windows_are_over_and_no_event_can_be_late() -> None:
    day, window = date(2026, 3, 1), 86_400
    end = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=1, hours=72)
    assert is_final(day, window, end)
    assert not is_final(day, window, end - timedelta(milliseconds=1))


@pytest.mark.parametrize("window", [1, 86_400, 90 * 86_400])
@pytest.mark.parametrize("ahead", [-11, 0, 14])
def test_every_day_is_computed_once_more_after_it_is_final(window: int, ahead: int) -> None:
    for hours in range(0, 24 * 100, 24):
        now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours)
        today = (now + timedelta(hours=ahead)).date()
        first = first_open_day(window, today)
        assert is_final(first, window, now)
