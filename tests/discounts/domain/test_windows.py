"""Local times of a window: in UTC, skipped by DST, and repeated by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain.local_days import ended_day, last_midnight, local_date, next_midnight
from chalicelib.discounts.domain.windows import in_utc, zone_of
from chalicelib.discounts.repository.shop_days import due_key

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe", "Asia/Tokyo")
NAIVE = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


@given(NAIVE, st.sampled_from(ZONES))
def test_a_local_time_is_the_first_such_time_or_moved_on_by_the_gap(moment: datetime, zone: str) -> None:
    local = in_utc(moment, zone).astimezone(zone_of(zone)).replace(tzinfo=None)
    shift = local - moment
    assert timedelta(0) <= shift <= timedelta(hours=1)
    if not shift:
        earlier = in_utc(moment, zone) - timedelta(hours=1)
        assert earlier.astimezone(zone_of(zone)).replace(tzinfo=None) != moment


def test_seconds_are_whole() -> None:
    assert in_utc(datetime.fromisoformat("2026-01-01T00:00:01.9Z"), None) == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_an_offset_counts_and_an_unknown_zone_is_utc() -> None:
    assert in_utc(datetime.fromisoformat("2026-01-01T01:00+01:00"), "Asia/Tokyo") == datetime(2026, 1, 1, tzinfo=UTC)
    for zone in (None, "Mars/Olympus", "../etc"):
        assert in_utc(datetime.fromisoformat("2026-01-01"), zone) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-12:00"])
def test_a_time_outside_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="9999"):
        in_utc(datetime.fromisoformat(text), None)


@given(NAIVE, st.sampled_from(ZONES))
def test_the_next_midnight_begins_the_next_day(moment: datetime, zone: str) -> None:
    now = moment.replace(tzinfo=UTC)
    midnight = next_midnight(now, zone)
    assert timedelta(0) < midnight - now <= timedelta(hours=25)
    assert local_date(midnight, zone) == local_date(now, zone) + timedelta(days=1)
    due = datetime.strptime(due_key("shop", midnight).partition("#")[0], "%Y-%m-%dT%H").replace(tzinfo=UTC)
    assert midnight <= due < midnight + timedelta(hours=1)
    assert ended_day(due, zone) == local_date(now, zone)
    assert local_date(midnight - timedelta(seconds=1), zone) == local_date(now, zone) == ended_day(midnight, zone)


@given(NAIVE, st.sampled_from(ZONES))
def test_the_last_midnight_begins_the_day(moment: datetime, zone: str) -> None:
    now = moment.replace(tzinfo=UTC)
    midnight = last_midnight(now, zone)
    assert timedelta(0) <= now - midnight < timedelta(hours=25)
    assert local_date(midnight, zone) == local_date(now, zone)
    assert next_midnight(midnight - timedelta(seconds=1), zone) == midnight
