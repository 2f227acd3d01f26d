from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.analytics.domain.local_days import day_bounds, moment_of

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 3, 29), "UTC", 24),
        (date(2026, 3, 29), "No/Such_Zone", 24),
    ],
)
def test_local_day_has_its_own_length(day: date, zone: str, hours: int) -> None:
    start, end = day_bounds(day, zone)

    assert end - start == hours * HOUR


@pytest.mark.parametrize("zone", ["America/Havana", "Asia/Beirut", "Africa/Cairo", "America/Sao_Paulo"])
def test_every_millisecond_belongs_to_one_day_where_midnight_is_skipped_or_repeated(zone: str) -> None:
    day = date(2018, 1, 1)
    while day < date(2019, 1, 1):
        start, end = day_bounds(day, zone)
        dates = [moment_of(at).astimezone(ZoneInfo(zone)).date() for at in (start - 1, start, end - 1, end)]
        assert dates == [day - timedelta(days=1), day, day, day + timedelta(days=1)]
        day += timedelta(days=1)
