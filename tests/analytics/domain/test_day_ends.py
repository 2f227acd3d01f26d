"""When a site is due after its midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from chalicelib.analytics.domain.day_ends import ended_day, next_close


@pytest.mark.parametrize(
    ("now", "time_zone", "hour"),
    [
        ("2026-03-28 12:00", "UTC", "2026-03-29 00:00"),
        ("2026-03-28 22:59", "Europe/Berlin", "2026-03-28 23:00"),
        ("2026-03-28 23:00", "Europe/Berlin", "2026-03-29 22:00"),
        ("2026-03-28 12:00", "Asia/Kolkata", "2026-03-28 19:00"),
    ],
)
def test_a_site_is_due_in_the_first_full_hour_after_its_midnight(now: str, time_zone: str, hour: str) -> None:
    moment, due = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, hour))
    assert next_close(moment, time_zone) == due


@pytest.mark.parametrize(
    ("hour", "time_zone"), [("2026-03-29 22:00", "Europe/Berlin"), ("2026-03-29 19:00", "Asia/Kolkata")]
)
def test_the_ended_day_is_the_one_before_the_hour(hour: str, time_zone: str) -> None:
    assert ended_day(datetime.fromisoformat(hour).replace(tzinfo=UTC), time_zone) == date(2026, 3, 29)
