"""Delays of paid work: they never shrink, never exceed the limit, and last for days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.studio.domain.retry_schedule import (
    FIRST_DELAY,
    JOB_LIFETIME,
    MAX_DELAY,
    is_job_old,
    retry_delay,
    spread_of,
)

spreads = st.floats(0, 1)


@given(st.integers(1, 100_000), spreads)
def test_delays_never_shrink_and_are_limited(failures: int, spread: float) -> None:
    delay = retry_delay(failures, spread)
    assert timedelta(0) < delay <= retry_delay(failures + 1, spread) <= MAX_DELAY


@given(spreads)
def test_delays_grow_from_minutes_to_hours(spread: float) -> None:
    assert retry_delay(1, spread) <= FIRST_DELAY
    assert retry_delay(8, spread) > timedelta(hours=1)
    assert retry_delay(50, spread) >= 0.75 * MAX_DELAY


@given(spreads)
def test_three_days_need_few_attempts(spread: float) -> None:
    """A day of outage costs at most eight attempts once the limit is reached."""
    total_wait, attempts = timedelta(0), 0
    while total_wait < timedelta(days=3):
        attempts += 1
        total_wait += retry_delay(attempts, spread)
    assert 20 <= attempts <= 36


@given(st.integers(-5, 0), spreads)
def test_no_failure_counts_as_the_first(failures: int, spread: float) -> None:
    assert retry_delay(failures, spread) == retry_delay(1, spread)


@given(st.text())
def test_the_jitter_depends_on_the_row(identifier: str) -> None:
    assert 0 <= spread_of(identifier) < 1
    assert spread_of(identifier) == spread_of(identifier)


def test_rows_that_failed_together_are_not_retried_together() -> None:
    delays = {retry_delay(9, spread_of(str(n))) for n in range(1000)}
    assert len(delays) > 900
    assert max(delays) - min(delays) > timedelta(minutes=50)


def test_a_job_expires_after_a_day() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    assert not is_job_old(None, now)
    assert not is_job_old(now - JOB_LIFETIME, now)
    assert is_job_old(now - JOB_LIFETIME - timedelta(seconds=1), now)
