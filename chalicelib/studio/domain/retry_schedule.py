"""Delays between the attempts at paid work: growing up to a limit, without a last attempt."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

FIRST_DELAY = timedelta(minutes=1)
"""The delay after the first failure."""
MAX_DELAY = timedelta(hours=4)
"""The longest delay: after an outage, the work is done within this time."""
JITTER = 0.25
"""The share of a delay that differs between rows, so that rows that failed together are not retried together."""
JOB_LIFETIME = timedelta(days=1)
"""A provider's job without an image is replaced after this time."""


def retry_delay(failures: int, spread: float) -> timedelta:
    """Return the delay after this many failures (1 or more): doubled each time, at most MAX_DELAY.

    `spread` (0 to 1) is a row's own share of the jitter; for one `spread`, delays never shrink.
    """
    doublings = min(max(failures, 1) - 1, 30)
    full: timedelta = min(FIRST_DELAY * 2**doublings, MAX_DELAY)
    return full * (1 - JITTER + JITTER * spread)


def spread_of(identifier: str) -> float:
    """Return a row's share of the jitter, 0 up to 1: the same each time, evenly distributed over ids."""
    digest = hashlib.sha256(identifier.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def is_job_old(taken_at: datetime | None, now: datetime) -> bool:
    """Return whether a provider's job, taken at `taken_at` (None: unknown), must be replaced."""
    return taken_at is not None and now - taken_at > JOB_LIFETIME
