"""When paid work is retried after a failure: ever later, up to a limit, and for as long as it takes."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

FIRST = timedelta(minutes=1)
"""After the first failure."""
LONGEST = timedelta(hours=4)
"""Between any two attempts: after an outage, the work is done within this time."""
JITTER = 0.25
"""The share of a delay that differs between rows, so that rows that failed together are not retried together."""
JOB_LASTS = timedelta(days=1)
"""A provider's job without a picture is replaced after this."""


def retry_delay(failures: int, spread: float) -> timedelta:
    """Return how long to wait after so many failures (1 or more): doubled each time, at most LONGEST.

    `spread` (0 to 1) is a row's own share of the jitter; for one `spread`, delays never shrink.
    """
    doublings = min(max(failures, 1) - 1, 30)
    full: timedelta = min(FIRST * 2**doublings, LONGEST)
    return full * (1 - JITTER + JITTER * spread)


def spread_of(identifier: str) -> float:
    """Return a row's share of the jitter, 0 up to 1: the same each time, evenly distributed over ids."""
    digest = hashlib.sha256(identifier.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def is_job_old(taken_at: datetime | None, now: datetime) -> bool:
    """Return whether a provider's job, taken at `taken_at` (None: unknown), is to be replaced."""
    return taken_at is not None and now - taken_at > JOB_LASTS
