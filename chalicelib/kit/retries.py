"""The backoff of every retry in our code, and the retry of work that conflicts with another writer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from chalicelib.kit.errors import Unavailable, WriteConflict

R = TypeVar("R")

CONFLICT_ATTEMPTS = 8


def attempts(count: int, base_seconds: float = 0.02) -> Iterator[int]:
    """Yield 1 to `count`; between two attempts sleep with exponential backoff and full jitter.

    The n-th wait lasts up to `base_seconds` * 2**n. Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
    """
    for attempt in range(1, count + 1):
        yield attempt
        if attempt < count:
            time.sleep(random.uniform(0, base_seconds * 2**attempt))


def retry_conflicts(work: Callable[[], R], count: int = CONFLICT_ATTEMPTS, base_seconds: float = 0.02) -> R:
    """Run `work` until it finishes without a WriteConflict; each run must read its rows again.

    Raises Unavailable after `count` conflicts.
    """
    for _ in attempts(count, base_seconds):
        try:
            return work()
        except WriteConflict as conflict:
            last = conflict
    raise Unavailable("Too many concurrent updates; try again.") from last
