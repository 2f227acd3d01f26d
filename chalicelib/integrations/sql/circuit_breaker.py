"""A circuit breaker: after three failures within 30 seconds, refuses connections to a server for 10 seconds.

Source: Nygard, "Release It!", "Circuit Breaker".
"""

from __future__ import annotations

from datetime import datetime, timedelta

FAILURES = 3
WINDOW = timedelta(seconds=30)
REST = timedelta(seconds=10)


class CircuitBreaker:
    """The recent failures of one server, in this process."""

    def __init__(self) -> None:
        self._failures: list[datetime] = []

    def is_open(self, now: datetime) -> bool:
        """Return whether callers are refused now."""
        return len(self._failures) >= FAILURES and now < self._failures[-1] + REST

    def record_failure(self, now: datetime) -> None:
        """Record a failed connection, and forget those before the window."""
        recent = [moment for moment in self._failures if now < moment + WINDOW]
        self._failures = [*recent, now][-FAILURES:]

    def record_success(self) -> None:
        """Forget the failures."""
        self._failures.clear()
