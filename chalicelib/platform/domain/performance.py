"""The speed of the data API's endpoints in an hour, merged from the stores' hours. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.platform.domain.latency_sketch import quantile
from chalicelib.platform.domain.usage_hours import HOUR, EndpointUsage
from chalicelib.platform.domain.usage_logs import start_of_hour

LAGS = (timedelta(hours=2), timedelta(hours=5))
"""Delays from an hour's start to its two computations: after the first roll-up of all stores, and after the last."""
LONGEST = timedelta(days=31)
"""A run looks for due hours at most this far back."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Latencies in milliseconds that 50, 95 and 99 % of the calls do not exceed; None without calls."""

    p50_ms: int | None
    p95_ms: int | None
    p99_ms: int | None


def percentiles(usage: EndpointUsage) -> Percentiles:
    """Return the percentiles of an endpoint's calls, with an error of 2 % at most."""
    return Percentiles(*(_rounded(quantile(usage.latencies, share)) for share in (0.5, 0.95, 0.99)))


def hours_to_compute(due: datetime, last_completed: datetime | None) -> Iterator[datetime]:
    """Yield the hours that a run computes: those that became due with one of LAGS since the last completed run."""
    since = max(last_completed or due - HOUR, due - LONGEST)
    for lag in LAGS:
        hour = start_of_hour(since - lag) + HOUR
        while hour + lag <= due:
            yield hour
            hour += HOUR


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
