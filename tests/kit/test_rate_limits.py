"""Turns: one after the other, for all callers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from chalicelib.kit import clock
from chalicelib.kit.rate_limits import reserve_turn

INTERVAL, DAY = timedelta(seconds=10), timedelta(days=1)
NOW = datetime(2026, 11, 29, 12, 0, 0, 1, tzinfo=UTC)


def test_turns_follow_each_other(monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    first = NOW.replace(second=1, microsecond=0)
    assert [reserve_turn("a", INTERVAL, DAY) for _ in range(3)] == [first + n * INTERVAL for n in range(3)]
    assert reserve_turn("b", INTERVAL, DAY) == first
    later = NOW + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert reserve_turn("a", INTERVAL, DAY) == first + timedelta(hours=1)


def test_no_turn_beyond_the_horizon_is_reserved(monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    horizon = timedelta(seconds=25)
    turns = [reserve_turn("a", INTERVAL, horizon) for _ in range(5)]
    assert [turn is not None for turn in turns] == [True, True, True, False, False]


def test_concurrent_callers_get_different_turns() -> None:
    with ThreadPoolExecutor(4) as pool:
        turns = list(pool.map(lambda _: reserve_turn("a", INTERVAL, DAY), range(12)))
    found = sorted(turn for turn in turns if turn is not None)
    assert len(found) == 12
    assert all(after - before >= INTERVAL for before, after in pairwise(found))
