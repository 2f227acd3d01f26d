"""What is added to counters that differ from the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.census import COUNTERS, common_drift, drift_of, is_quiet

NOW = datetime(2031, 11, 5, tzinfo=UTC)
COUNTS = st.fixed_dictionaries(dict.fromkeys(COUNTERS, st.integers(0, 50)))
DRIFTS = st.dictionaries(st.sampled_from(COUNTERS), st.integers(-5, 5).filter(bool))


@given(COUNTS, COUNTS)
def test_adding_the_difference_makes_the_counters_right(counters: dict[str, int], counted: dict[str, int]) -> None:
    drift = drift_of(counters, counted)
    assert {name: counters[name] + drift.get(name, 0) for name in COUNTERS} == counted
    assert all(drift.values())


@given(DRIFTS, DRIFTS)
def test_only_what_both_differences_have_is_common(first: dict[str, int], second: dict[str, int]) -> None:
    common = common_drift(first, second)
    assert common == common_drift(second, first)
    for name in COUNTERS:
        one, other, both = first.get(name, 0), second.get(name, 0), common.get(name, 0)
        assert abs(both) <= min(abs(one), abs(other))
        assert both == (0 if one * other <= 0 else min(one, other, key=abs))


def test_a_store_is_quiet_a_minute_after_its_last_call() -> None:
    assert is_quiet(None, NOW)
    assert is_quiet(NOW - timedelta(seconds=60), NOW)
    assert not is_quiet(NOW - timedelta(seconds=59), NOW)
