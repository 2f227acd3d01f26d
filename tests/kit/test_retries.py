"""Retry loops: attempts, delays and final errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import retries
from chalicelib.kit.errors import Unavailable, WriteConflict


@given(count=st.integers(1, 12), base=st.floats(0.001, 1))
def test_waits_lie_between_attempts_and_grow_with_full_jitter(count: int, base: float) -> None:
    waits: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.kit.retries.time.sleep", waits.append)
        assert list(retries.attempts(count, base)) == list(range(1, count + 1))
    assert len(waits) == count - 1
    assert all(0 <= wait <= base * 2**number for number, wait in enumerate(waits, start=1))


def test_no_wait_after_success() -> None:
    results = iter([WriteConflict(), "done"])

    def work() -> str:
        result = next(results)
        if isinstance(result, WriteConflict):
            raise result
        return str(result)

    assert retries.retry_conflicts(work, base_seconds=0) == "done"


def test_exhausted_conflicts_raise_unavailable_and_other_errors_at_once() -> None:
    calls: list[int] = []

    def conflict() -> None:
        calls.append(1)
        raise WriteConflict

    with pytest.raises(Unavailable, match="Too many concurrent updates"):
        retries.retry_conflicts(conflict, count=3, base_seconds=0)
    assert len(calls) == 3

    def broken() -> None:
        calls.append(1)
        raise ValueError

    with pytest.raises(ValueError):
        retries.retry_conflicts(broken)
    assert len(calls) == 4
