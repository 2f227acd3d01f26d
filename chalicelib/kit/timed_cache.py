"""A cache of values that may be stale for a while, such as settings that each request of a warm function needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from chalicelib.kit import clock

K = TypeVar("K")
V = TypeVar("V")


class TimedCache(Generic[K, V]):
    """Values by key, each for `lifetime` from its load. At most `max_entries`: the oldest load is removed first.

    The value None is not cached, so that what was missing is seen as soon as it exists.
    """

    def __init__(self, lifetime: timedelta, max_entries: int) -> None:
        self._lifetime = lifetime
        self._max_entries = max_entries
        self._entries: dict[K, tuple[datetime, V]] = {}

    def get(self, key: K, load: Callable[[], V]) -> V:
        """Return the cached value, or the result of `load`, which is then cached."""
        now = clock.now()
        loaded_at, value = self._entries.get(key, (None, None))
        if loaded_at is not None and value is not None and loaded_at <= now < loaded_at + self._lifetime:
            return value
        self._entries.pop(key, None)
        loaded = load()
        if loaded is not None:
            self._entries[key] = (now, loaded)
        while len(self._entries) > self._max_entries:
            del self._entries[next(iter(self._entries))]
        return loaded

    def forget(self) -> None:
        """Remove every value, after a write in this process or between tests."""
        self._entries.clear()
