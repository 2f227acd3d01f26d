"""Windows of a limit, for any times of attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.attempt_windows import Window, count_attempt, full_until

START = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=80),
    st.integers(1, 6),
    st.integers(1, 120),
)
def test_a_full_window_refuses_attempts_until_its_end(pauses: list[int], most: int, seconds: int) -> None:
    length, now = timedelta(seconds=seconds), START
    window: Window | None = None
    counted: list[datetime] = []
    for pause in pauses:
        now += pause * SECOND / 10
        until = full_until(window, most, now)
        if until is not None:
            assert now < until <= now + length
            assert full_until(window, most, until - SECOND / 1000) == until
            assert full_until(window, most, until) is None
            continue
        earlier, window = window, count_attempt(window, length, now)
        counted.append(now)
        assert window.count <= most
        if earlier is None or earlier.ends_at <= now:
            assert window == Window(1, now + length)
        else:
            assert window == Window(earlier.count + 1, earlier.ends_at)
    for first in counted:  # two windows can follow each other: any span of their length has at most twice the number
        assert sum(first <= each < first + length for each in counted) <= 2 * most
    spans = (counted[-1] - counted[0]) // length + 1
    assert len(counted) <= most * (spans + 1)
