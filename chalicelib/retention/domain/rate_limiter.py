"""Rate limiter of the sweep's deletes: a share of each table's write capacity stays free for other writers. Pure."""

from __future__ import annotations

from dataclasses import dataclass

RESERVE = 0.5
"""The share of a table's write capacity that the sweep never uses."""
RECOVERY = 0.01
"""After throttling, each successful batch raises the rate by this share of the maximum rate."""
MIN_RATE = 1.0
"""Write units per second; throttling does not reduce the rate below it."""


@dataclass(slots=True)
class WriteRateLimiter:
    """Limits one worker to `max_rate` write units per second; only the last batch may exceed it."""

    max_rate: float
    rate: float
    """Current write units per second; lower for a while after the table was throttled."""
    free_at: float = 0.0
    """The time (seconds) at which the next batch may start."""

    @classmethod
    def for_worker(cls, capacity: float, workers: int) -> WriteRateLimiter:
        """Return the limiter of one of several workers on a table with this write capacity (units per second)."""
        max_rate = capacity * (1 - RESERVE) / workers
        return cls(max_rate, max_rate)

    def units_within(self, seconds: float) -> float:
        """Return the write units that may be used within this time."""
        return self.max_rate * seconds

    def wait_seconds(self, now: float) -> float:
        """Return the seconds to wait before the next batch."""
        return max(0.0, self.free_at - now)

    def record_use(self, units: float, now: float) -> None:
        """Record the write units of a successful batch."""
        self.free_at = max(self.free_at, now) + units / self.rate
        self.rate = min(self.max_rate, self.rate + self.max_rate * RECOVERY)

    def record_throttling(self) -> None:
        """Reduce the rate to half: the table is throttled, also for other writers."""
        self.rate = min(self.max_rate, max(self.rate / 2, MIN_RATE))
