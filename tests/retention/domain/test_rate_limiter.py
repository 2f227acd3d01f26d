"""A worker leaves the reserved capacity of a table to others, for batches of any cost and after throttling."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.retention.domain.rate_limiter import MIN_RATE, RESERVE, WriteRateLimiter

BATCHES = st.lists(
    st.tuples(st.floats(0.5, 5_000), st.floats(0, 30), st.booleans()),
    min_size=1,
    max_size=60,
)
"""Units of each batch, the seconds that the worker was busy with other things, whether the table was throttled."""


@given(BATCHES, st.floats(1, 40_000), st.integers(1, 8))
def test_use_never_exceeds_the_share_over_any_interval(
    batches: list[tuple[float, float, bool]], granted: float, workers: int
) -> None:
    limiter, now = WriteRateLimiter.for_worker(granted, workers), 0.0
    share = granted * (1 - RESERVE) / workers
    sent: list[tuple[float, float]] = []
    for units, busy, throttled in batches:
        now += busy
        now += limiter.wait_seconds(now)
        sent.append((now, units))
        limiter.record_use(units, now)
        if throttled:
            limiter.record_throttling()
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            before_the_last = sum(units for _, units in sent[first:last])
            assert before_the_last <= share * (sent[last][0] - sent[first][0]) * (1 + 1e-6) + 1e-6


def test_throttling_halves_the_rate_which_then_recovers() -> None:
    limiter = WriteRateLimiter(100.0, 100.0)
    limiter.record_throttling()
    limiter.record_throttling()
    assert limiter.rate == 25
    limiter.record_use(25, now=0)
    assert limiter.wait_seconds(0) == 1, "a second for what was a quarter of one"
    for _ in range(100):
        limiter.record_use(0, now=0)
    assert limiter.rate == 100


def test_the_rate_never_falls_below_the_minimum() -> None:
    limiter = WriteRateLimiter(100.0, 100.0)
    for _ in range(50):
        limiter.record_throttling()
    assert limiter.rate == MIN_RATE
    slow = WriteRateLimiter(0.25, 0.25)
    slow.record_throttling()
    assert slow.rate == 0.25
