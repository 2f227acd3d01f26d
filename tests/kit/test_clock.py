"""Times as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import clock

MOMENTS = st.datetimes(timezones=st.timezones(), min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))


def test_now_is_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    before = clock.now().date()
    assert before <= clock.today() <= clock.now().date()


@given(MOMENTS)
def test_a_time_round_trips_as_text(moment: datetime) -> None:
    assert clock.parse(clock.iso(moment)) == moment.astimezone(UTC)


@given(MOMENTS)
def test_text_has_one_length_and_ends_in_z(moment: datetime) -> None:
    text = clock.iso(moment)
    assert len(text) == 27
    assert text.endswith("Z")


def test_other_offsets_are_parsed() -> None:
    moment = datetime(2024, 2, 29, 10, tzinfo=UTC)
    for text in ("2024-02-29T10:00:00Z", "2024-02-29T12:00:00+02:00", "2024-02-29T04:30:00.000-05:30"):
        assert clock.parse(text) == moment


@pytest.mark.parametrize("text", ["", "2024-02-29T10:00:00", "2024-02-30T10:00:00Z", "yesterday", "2024-02-29"])
def test_other_text_is_rejected(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse(text)


def test_a_naive_time_is_rejected() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.iso(datetime(2024, 1, 1))
