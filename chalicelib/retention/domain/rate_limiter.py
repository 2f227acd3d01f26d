"""How fast a worker may delete: of what DynamoDB grants a table, a share stays with those who use it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

RESERVE = 0.5
"""The share of a table's write capacity that the sweep never touches."""
RISE = 0.01
"""Of the full pace, what a throttled worker regains with each batch that went through."""
SLOWEST = 1.0
"""Units a second below which throttling slows no worker down."""


@dataclass(slots=True)
class WriteRateLimiter:
    """Write capacity units that one worker spends, at most `most` a second over any time, but for its last batch."""

    most: float
    rate: float
    """Units a second at present: lower for a while after the table was throttled."""
    paid_at: float = 0.0
    """The moment (seconds) by which all that was spent is earned."""

    @classmethod
    def of(cls, granted: float, workers: int) -> WriteRateLimiter:
        """The pace of one of several workers on a table that is granted so many units a second."""
        most = granted * (1 - RESERVE) / workers
        return cls(most, most)

    def affords(self, seconds: float) -> float:
        """Units that can be spent in so many seconds."""
        return self.most * seconds

    def wait(self, now: float) -> float:
        """Seconds to wait before the next batch."""
        return max(0.0, self.paid_at - now)

    def spent(self, units: float, now: float) -> None:
        """A batch went through and cost so much."""
        self.paid_at = max(self.paid_at, now) + units / self.rate
        self.rate = min(self.most, self.rate + self.most * RISE)

    def throttled(self) -> None:
        """Somebody was refused for want of capacity: half the pace, as others are refused as well."""
        self.rate = min(self.most, max(self.rate / 2, SLOWEST))
