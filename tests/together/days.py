"""Check-ins for the tests of together: request bodies, rows, and a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.together.models import DailyCheckin, User

SCORES = {"connection_score": 7, "mood_score": 6, "relationship_satisfaction": 8}
START = datetime(2030, 5, 10, 12, tzinfo=UTC)
"""In the future, so that no row expires by the engine's own clock."""


@dataclass
class MovableClock:
    """The time of our code. It stands still until the test moves it."""

    now: datetime

    def move(self, **delta: float) -> None:
        """Move the time by `timedelta(**delta)`."""
        self.now += timedelta(**delta)


def set_clock(monkeypatch: pytest.MonkeyPatch, start: datetime = START) -> MovableClock:
    """Let our code read a movable clock and verify tokens by it."""
    movable = MovableClock(start)

    class AnyDatetime(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, datetime)

    class Moved(metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(movable.now.timestamp(), tz)

    monkeypatch.setattr(clock, "now", lambda: movable.now)
    monkeypatch.setattr("jwt.api_jwt.datetime", Moved)
    return movable


def checkin(**fields: Any) -> dict[str, Any]:
    """Return the body of a check-in."""
    return {**SCORES, **fields}


def stored(user: User, day: date) -> DailyCheckin:
    """Return the row of a member's check-in in their present space."""
    return DailyCheckin.get(User.get(user.id).relationship_id, f"{day}#{user.id}", consistent_read=True)
