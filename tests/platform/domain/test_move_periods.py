"""The waits of a move after its store's changes were paused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.domain.move_periods import CALL_DRAIN, TRANSFER_DRAIN, remaining_drain

FROZEN = datetime(2026, 11, 30, 12, tzinfo=UTC)


@given(st.integers(0, 300), st.booleans())
def test_a_move_waits_for_calls_and_at_most_as_long_as_a_transfer_may_run(seconds: int, has_transfer: bool) -> None:
    now = FROZEN + timedelta(seconds=seconds)
    wait = remaining_drain(FROZEN, now, has_transfer=has_transfer)
    assert timedelta(0) <= wait <= CALL_DRAIN
    if now < FROZEN + CALL_DRAIN:
        assert now + wait == FROZEN + CALL_DRAIN
    elif has_transfer and now < FROZEN + TRANSFER_DRAIN:
        assert timedelta(0) < wait <= FROZEN + TRANSFER_DRAIN - now
    else:
        assert wait == timedelta(0)
