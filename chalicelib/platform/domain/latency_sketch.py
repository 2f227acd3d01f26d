"""Latencies in buckets whose width grows with them: quantiles with a relative error of 2 %, which add up exactly.

Source: Masson, Rim, Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees"
(VLDB 2019).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

RELATIVE_ERROR = 0.02
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_ZERO = -1
"""The bucket of what took less than a millisecond."""

Sketch = Mapping[int, int]
"""The number of latencies by bucket: bucket i has those over gamma^(i-1) and up to gamma^i milliseconds."""


def bucket_of(milliseconds: int) -> int:
    """Return the bucket of a latency."""
    return math.ceil(math.log(milliseconds, _GAMMA)) if milliseconds > 0 else _ZERO


def quantile(sketch: Sketch, share: float) -> float | None:
    """Return the latency in milliseconds that `share` (0 to 1) of the latencies do not exceed; None without any."""
    rank = share * (sum(sketch.values()) - 1)
    reached = 0
    for bucket in sorted(sketch):
        reached += sketch[bucket]
        if reached > rank:
            return 0.0 if bucket == _ZERO else 2 * _GAMMA**bucket / (_GAMMA + 1)
    return None
