"""Rest for servers that fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.integrations.sql.circuit_breaker import FAILURES, REST, WINDOW, CircuitBreaker

START = datetime(2026, 11, 30, tzinfo=UTC)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12))
def test_callers_are_refused_for_ten_seconds_after_three_failures_in_thirty(gaps: list[int]) -> None:
    breaker, moments, now = CircuitBreaker(), list[datetime](), START
    for gap in gaps:
        now += timedelta(seconds=gap)
        moments = [*moments, now]
        breaker.record_failure(now)
        last = moments[-FAILURES:]
        is_tripped = len(last) == FAILURES and now < last[0] + WINDOW
        assert breaker.is_open(now) is is_tripped
        assert not breaker.is_open(now + REST)


def test_a_success_forgets_the_failures() -> None:
    breaker = CircuitBreaker()
    for _ in range(FAILURES):
        breaker.record_failure(START)
    breaker.record_success()
    assert not breaker.is_open(START)
