from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.kit.timed_cache import TimedCache


def test_value_is_loaded_again_after_its_lifetime(monkeypatch):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    cache = TimedCache[str, int](timedelta(seconds=60), 10)
    assert cache.get("a", lambda: 1) == 1
    now += timedelta(seconds=59, milliseconds=999)
    assert cache.get("a", lambda: 2) == 1
    now += timedelta(milliseconds=1)
    assert cache.get("a", lambda: 3) == 3


def test_missing_value_is_not_cached():
    cache = TimedCache[str, int | None](timedelta(seconds=60), 10)
    assert cache.get("a", lambda: None) is None
    assert cache.get("a", lambda: 1) == 1


def test_oldest_value_is_removed_from_a_full_cache():
    cache = TimedCache[int, int](timedelta(seconds=60), 2)
    for key in range(3):
        cache.get(key, lambda: 1)
    assert [cache.get(key, lambda: 2) for key in (2, 1)] == [1, 1]
    assert cache.get(0, lambda: 2) == 2


def test_forgotten_value_is_loaded_again():
    cache = TimedCache[str, int](timedelta(seconds=60), 10)
    cache.get("a", lambda: 1)
    cache.forget()
    assert cache.get("a", lambda: 2) == 2
