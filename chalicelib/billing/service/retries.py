"""Optimistic writing: who was overtaken reads again and decides anew."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from chalicelib.billing.errors import Outdated
from chalicelib.kit.errors import Unavailable

R = TypeVar("R")

ATTEMPTS = 8


def until_current(attempt: Callable[[], R]) -> R:
    """The result of the first attempt that nobody overtook. Raises Unavailable after eight with jitter in between."""
    for number in range(ATTEMPTS):
        try:
            return attempt()
        except Outdated:
            time.sleep(random.uniform(0, 0.02 * 2**number))
    raise Unavailable("Too many change the same at once.")
