"""Calls in several threads, for work that waits for AWS."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MAX_THREADS = 8
"""Threads of one call: together they keep a core busy while each waits for DynamoDB."""


def map_in_threads(function: Callable[[T], R], items: Iterable[T], threads: int = MAX_THREADS) -> list[R]:
    """Call the function with each item and return the results in the order of the items.

    The calls see the context variables of the caller. After all calls have ended, raises the error of the first item
    whose call failed.
    """
    work = list(items)
    if len(work) < 2:
        return [function(item) for item in work]
    with ThreadPoolExecutor(min(threads, len(work))) as pool:
        calls = [pool.submit(contextvars.copy_context().run, function, item) for item in work]
    return [call.result() for call in calls]
