"""Tests of local hours in every zone that changes its offset in 2024 to 2030."""

from __future__ import annotations

import itertools
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.together.domain import moments

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})
hours = st.integers(0, 23)


@cache
def offsets(zone: str) -> tuple[timedelta, ...]:
    """Return the offset of the zone at each UTC midnight from 2024 to 2030."""
    info = ZoneInfo(zone)
    days = (START + number * DAY for number in range((END - START).days + 1))
    return tuple(datetime.utcoffset(day.astimezone(info)) or timedelta() for day in days)


def representatives() -> list[str]:
    """Return the zones that change their offset, one of those with the same offsets."""
    named = {offsets(zone): zone for zone in reversed(ZONES)}
    return sorted(zone for history, zone in named.items() if len(set(history)) > 1)


CHANGING = representatives()


def offset_steps(zone: str) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Yield the first second of each new offset of the zone, the offset before it and the new one."""
    info, history = ZoneInfo(zone), offsets(zone)
    for number, (before, after) in enumerate(itertools.pairwise(history)):
        if before != after:
            low, high = number * 86_400, (number + 1) * 86_400
            while high - low > 1:
                middle = (low + high) // 2
                is_new = (START + timedelta(seconds=middle)).astimezone(info).utcoffset() == after
                low, high = (low, middle) if is_new else (middle, high)
            yield START + timedelta(seconds=high), before, after


def test_zones_of_both_hemispheres_change() -> None:
    histories = {offsets(zone) for zone in CHANGING}
    for zone in ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca"):
        assert offsets(zone) in histories
    assert {offsets(zone) for zone in ZONES if len(set(offsets(zone))) > 1} == histories


@pytest.mark.parametrize("zone", CHANGING)
def test_every_hour_around_every_transition(zone: str) -> None:
    info = ZoneInfo(zone)
    for changed_at, before, after in offset_steps(zone):
        for day in (moments.local_date(changed_at, zone) + number * DAY for number in (-1, 0, 1)):
            for hour in range(24):
                local, moment = datetime.combine(day, time(hour)), moments.at(day, hour, zone)
                earlier, later = ((local - offset).replace(tzinfo=UTC) for offset in (before, after))
                is_skipped = earlier >= changed_at > later
                assert moment == (earlier if earlier < changed_at or is_skipped else later)
                shown = moment.astimezone(info).replace(tzinfo=None)
                assert shown - local == (after - before if is_skipped else timedelta())


@pytest.mark.parametrize("zone", CHANGING)
def test_quiet_hours_around_every_transition(zone: str) -> None:
    info = ZoneInfo(zone)
    for changed_at, _, _ in offset_steps(zone):
        for start, end in ((21, 8), (22, 1), (0, 2), (23, 3), (21, 0)):
            for step in range(-12, 13):
                moment = changed_at + step * timedelta(minutes=45)
                sent_at = moments.after_quiet(moment, zone, start, end)
                if moments.is_quiet(moment.astimezone(info), start, end):
                    assert moment < sent_at <= moment + timedelta(hours=(end - start) % 24 + 2)
                    shown = sent_at.astimezone(info)
                    assert shown.hour == end or sent_at == moments.at(shown.date(), end, zone)
                else:
                    assert sent_at == moment


@given(
    st.datetimes(START.replace(tzinfo=None), END.replace(tzinfo=None), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
    hours,
    hours,
)
def test_a_mail_after_quiet_hours_is_never_early_or_quiet(moment: datetime, zone: str, start: int, end: int) -> None:
    sent_at = moments.after_quiet(moment, zone, start, end)
    assert sent_at >= moment
    assert not moments.is_quiet(sent_at.astimezone(ZoneInfo(zone)), start, end)
    assert moments.after_quiet(sent_at, zone, start, end) == sent_at


@given(st.dates(date(2011, 1, 1), date(2031, 1, 1)), hours, st.sampled_from(ZONES))
def test_an_hour_of_a_later_date_comes_later(day: date, hour: int, zone: str) -> None:
    assert moments.at(day, hour, zone) <= moments.at(day + DAY, hour, zone)


def test_the_hour_that_berlin_skips_takes_the_offset_before() -> None:
    assert moments.at(date(2026, 3, 29), 2, "Europe/Berlin") == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_of_the_hour_that_berlin_repeats_the_first_counts() -> None:
    assert moments.at(date(2026, 10, 25), 2, "Europe/Berlin") == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_lord_howe_moves_by_half_an_hour() -> None:
    assert moments.at(date(2026, 10, 4), 2, "Australia/Lord_Howe") == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)
    assert moments.at(date(2026, 4, 5), 9, "Australia/Lord_Howe") == datetime(2026, 4, 4, 22, 30, tzinfo=UTC)


def test_santiago_skips_midnight() -> None:
    assert moments.at(date(2026, 9, 6), 0, "America/Santiago") == datetime(2026, 9, 6, 4, tzinfo=UTC)


def test_samoa_skipped_a_whole_date() -> None:
    assert moments.at(date(2011, 12, 30), 9, "Pacific/Apia") == datetime(2011, 12, 30, 19, tzinfo=UTC)
    assert moments.at(date(2011, 12, 31), 9, "Pacific/Apia") == datetime(2011, 12, 30, 19, tzinfo=UTC)


def test_kiritimati_and_samoa_share_the_hour_a_date_apart() -> None:
    kiritimati, pago = (moments.at(date(2026, 5, 1), 9, zone) for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"))
    assert pago - kiritimati == timedelta(hours=25)


def test_quiet_hours_end_at_eight() -> None:
    evening = datetime(2026, 1, 10, 20, 30, tzinfo=UTC)
    assert moments.after_quiet(evening, "Europe/Berlin") == datetime(2026, 1, 11, 7, tzinfo=UTC)
    assert moments.after_quiet(evening - 2 * HOUR, "Europe/Berlin") == evening - 2 * HOUR


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe/Berlin\x00", "x" * 5000, "/UTC"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not an IANA time zone"):
        moments.zone_of(name)
