"""The hours that a run computes: each twice, also after a pause of the schedule; and percentiles of merged sketches."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.latency_sketch import bucket_of
from chalicelib.platform.domain.performance import LAGS, Percentiles, hours_to_compute, percentiles
from chalicelib.platform.domain.usage_hours import EndpointUsage, sum_endpoints

START = datetime(2026, 11, 30, 12, 34, 56, tzinfo=UTC)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_each_hour_is_computed_once_with_each_lag(pauses: list[int]) -> None:
    hours: Counter[datetime] = Counter()
    run = START
    for pause in pauses:
        following = run + timedelta(minutes=pause)
        found = list(hours_to_compute(following, run))
        assert all((hour.minute, hour.second) == (0, 0) and hour + LAGS[0] <= following for hour in found)
        hours.update(found)
        run = following
    expected: Counter[datetime] = Counter()
    for lag in LAGS:
        hour = START.replace(minute=0, second=0) - timedelta(hours=12)
        while hour + lag <= run:
            expected[hour] += hour + lag > START
            hour += timedelta(hours=1)
    assert hours == +expected


def test_percentiles_are_those_of_all_stores_calls() -> None:
    stores = [
        {"e": EndpointUsage(50, 1, Counter(bucket_of(ms) for ms in range(1, 51)))},
        {"e": EndpointUsage(50, 0, Counter(bucket_of(ms) for ms in range(51, 101)))},
    ]
    merged = sum_endpoints(stores)["e"]
    result = percentiles(merged)
    assert (merged.calls, merged.errors) == (100, 1)
    for measured, exact in ((result.p50_ms, 50), (result.p95_ms, 95), (result.p99_ms, 99)):
        assert measured is not None
        assert abs(measured - exact) <= 1 + exact * 0.02


def test_an_endpoint_without_calls_has_no_percentiles() -> None:
    assert percentiles(EndpointUsage()) == Percentiles(None, None, None)
