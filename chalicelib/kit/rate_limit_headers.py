"""`RateLimit` and `RateLimit-Policy` of responses (draft-ietf-httpapi-ratelimit-headers-10).

A refusal names the limit that is reached. Another response names the limits that `report` was called for: those of the
caller alone. Limits that protect accounts and addresses are never reported, because their state tells of other callers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kit import clock


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit of `quota` in a window: `remaining` are left until it ends. `policy` is its name, in ASCII."""

    policy: str
    quota: int
    window: timedelta
    remaining: int
    resets_at: datetime


_reported: ContextVar[dict[str, RateLimit] | None] = ContextVar("reported_rate_limits", default=None)


@contextmanager
def collected() -> Iterator[dict[str, RateLimit]]:
    """Collect the limits that are reported inside the block, by policy."""
    limits: dict[str, RateLimit] = {}
    token = _reported.set(limits)
    try:
        yield limits
    finally:
        _reported.reset(token)


def report(limit: RateLimit) -> None:
    """Add a limit to the response of the current request; the last one of a policy counts. Elsewhere it does nothing."""
    limits = _reported.get()
    if limits is not None:
        limits[limit.policy] = limit


def rate_limit_headers(limits: Iterable[RateLimit]) -> dict[str, str]:
    """Return the two headers for the limits; none without a limit."""
    limits, now = list(limits), clock.now()
    if not limits:
        return {}
    policies = [f'"{each.policy}";q={each.quota};w={_seconds(each.window)}' for each in limits]
    states = [f'"{each.policy}";r={max(each.remaining, 0)};t={_seconds(each.resets_at - now)}' for each in limits]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def retry_after(until: datetime) -> dict[str, str]:
    """Return the header Retry-After with the time until `until` in whole seconds, rounded up."""
    return {"Retry-After": str(_seconds(until - clock.now()))}


def _seconds(time: timedelta) -> int:
    """Return whole seconds, rounded up."""
    return max(math.ceil(time.total_seconds()), 0)
