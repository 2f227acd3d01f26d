"""Fixtures of analytics: a clock that the test moves, and the computation of every due day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.analytics.repository import event_days
from chalicelib.analytics.service import due_days
from chalicelib.kit import clock
from tests.analytics.event_factories import WeekClock, local

Drain = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def week_clock(monkeypatch: pytest.MonkeyPatch) -> WeekClock:
    """Our clock, set to a noon in Berlin on the day of the change to summer time."""
    moved = WeekClock(local("2026-03-29 12:00"))
    monkeypatch.setattr(clock, "now", moved.now)
    return moved


@pytest.fixture
def compute_due_days(week_clock: WeekClock, drain: Drain) -> Callable[[], int]:
    """Compute every day that is due or becomes due, and move the clock; return the number of rounds."""

    def run() -> int:
        for round_number in range(20):
            waiting = [due.due_at for due in event_days.iterate_due(clock.now() + timedelta(days=400))]
            if not waiting:
                return round_number
            week_clock.moment = max(week_clock.moment, min(waiting)) + timedelta(seconds=1)
            due_days.send_due_days(clock.now())
            assert drain() == []
        raise AssertionError("the days stay due")

    return run
