"""A clock that a test moves. For tests of services: the API's tokens are verified by the real clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit import clock


class MovedClock:
    """Replaces `clock.now`; starts on 2027-03-10 at noon in UTC."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = datetime(2027, 3, 10, 12, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: self.moment)

    def move(self, **span: float) -> datetime:
        """Move the clock by a `timedelta`'s arguments and return the time."""
        self.moment += timedelta(**span)
        return self.moment
