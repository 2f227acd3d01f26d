"""Schedules run on time, and at once if a run was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.kit import clock, locks
from infra.deploy.handlers import Schedule
from infra.local import schedules

HOURLY = Schedule(name="sample-sweep", entry="x.y", timeout=60, memory=256, expression="rate(1 hour)")


@pytest.mark.parametrize(
    ("expression", "seconds"), [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(1 day)", 86_400)]
)
def test_rate_expressions_are_parsed(expression: str, seconds: int) -> None:
    assert schedules.seconds(expression) == seconds


def test_other_expressions_are_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        schedules.seconds("cron(0 3 * * ? *)")


def test_a_new_schedule_first_runs_after_its_period() -> None:
    assert schedules.first_wait(HOURLY) == 3600


def _completed(ago: timedelta) -> None:
    lease = locks.acquire("schedule/sample-sweep", 60)
    assert lease is not None
    locks.release(lease, clock.iso(clock.now() - ago))


def test_a_missed_run_is_repeated_at_once() -> None:
    _completed(timedelta(hours=3))
    assert schedules.first_wait(HOURLY) == 0


def test_a_recent_run_is_not_repeated() -> None:
    _completed(timedelta(minutes=20))
    assert 2300 < schedules.first_wait(HOURLY) <= 2400


def test_the_event_has_the_eventbridge_format() -> None:
    due = clock.parse("2026-03-01T03:00:00Z")
    assert schedules.event_of(HOURLY, due)["time"] == "2026-03-01T03:00:00.000000Z"
