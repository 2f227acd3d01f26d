"""Quantiles of latencies within the promised error."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.latency_sketch import RELATIVE_ERROR, bucket_of, quantile

LATENCIES = st.lists(st.integers(0, 900_000), min_size=1, max_size=200)


@given(LATENCIES, st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_two_percent_of_the_exact_one(latencies: list[int], share: float) -> None:
    exact = sorted(latencies)[int(share * (len(latencies) - 1))]
    estimate = quantile(Counter(map(bucket_of, latencies)), share)
    assert estimate is not None
    assert abs(estimate - exact) <= RELATIVE_ERROR * exact + 1e-9


@given(LATENCIES, LATENCIES)
def test_sketches_add_up(first: list[int], second: list[int]) -> None:
    added = Counter(map(bucket_of, first)) + Counter(map(bucket_of, second))
    assert added == Counter(map(bucket_of, first + second))


def test_no_latencies_have_no_quantile() -> None:
    assert quantile({}, 0.5) is None
