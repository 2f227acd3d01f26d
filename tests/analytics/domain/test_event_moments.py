from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.domain import event_moments
from chalicelib.analytics.domain.event_moments import UnknownTimeZone

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
ERRORS = st.timedeltas(timedelta(days=-800), timedelta(days=800))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Pacific/Apia", "Asia/Kathmandu", "Asia/Beirut"])


@given(MOMENTS, st.none() | MOMENTS)
def test_no_event_is_later_than_it_was_received(at, sent_at):
    assert event_moments.corrected(at, sent_at, NOW) <= NOW


@given(ERRORS, st.timedeltas(timedelta(), timedelta(days=3)))
def test_clock_that_is_off_by_over_a_minute_is_corrected(error, age):
    sent_at = NOW + error
    corrected = event_moments.corrected(sent_at - age, sent_at, NOW)
    if abs(error) > timedelta(seconds=60):
        assert corrected == NOW - age
    else:
        assert corrected == min(sent_at - age, NOW)


def test_clock_that_is_off_by_exactly_a_minute_is_taken_as_exact():
    at = NOW - timedelta(hours=1)
    assert event_moments.corrected(at, NOW - timedelta(seconds=60), NOW) == at
    assert event_moments.corrected(at, NOW - timedelta(seconds=60, microseconds=1), NOW) > at
    assert event_moments.corrected(at, None, NOW) == at


def test_browser_reports_72_hours_and_a_server_731_days():
    assert not event_moments.is_too_old(NOW - timedelta(hours=72), NOW, is_server=False)
    assert event_moments.is_too_old(NOW - timedelta(hours=72, milliseconds=1), NOW, is_server=False)
    assert not event_moments.is_too_old(NOW - timedelta(days=731), NOW, is_server=True)
    assert event_moments.is_too_old(NOW - timedelta(days=731, milliseconds=1), NOW, is_server=True)


def test_day_is_the_local_date():
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert event_moments.local_day(late, "Europe/Berlin") == date(2026, 3, 29)
    assert event_moments.local_day(late, "America/New_York") == date(2026, 3, 28)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "/etc/localtime", "../UTC"])
def test_unknown_time_zone_is_rejected(name):
    with pytest.raises(UnknownTimeZone):
        event_moments.local_day(NOW, name)


@given(st.datetimes(datetime(2011, 12, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC)), ZONES)
def test_day_before_overlaps_for_half_an_hour_after_midnight_only(moment, zone):
    day = event_moments.local_day(moment, zone)
    before = event_moments.day_before_overlap(moment, zone)
    same_day = event_moments.local_day(moment - timedelta(minutes=30), zone) == day
    assert (before is None) == same_day
    assert before is None or before < day


def test_overlap_ends_half_an_hour_after_midnight():
    midnight = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # in Berlin
    zone = "Europe/Berlin"
    assert event_moments.day_before_overlap(midnight - timedelta(milliseconds=1), zone) is None
    assert event_moments.day_before_overlap(midnight, zone) == date(2026, 3, 28)
    assert event_moments.day_before_overlap(midnight + timedelta(minutes=30, milliseconds=-1), zone) == date(
        2026, 3, 28
    )
    assert event_moments.day_before_overlap(midnight + timedelta(minutes=30), zone) is None
