"""What the computation of a day costs in write units and S3 requests (docs/costs.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from chalicelib.analytics.service import computation
from chalicelib.kit import config
from infra.bench.round_trips import Meter, metered
from tests.analytics.event_factories import TENANT, LakeEvent, WeekClock, lake_event, local, store

DAY = date(2026, 3, 28)
PARTS = 4


def thousand_events(*, users: int) -> list[LakeEvent]:
    """Return 1,000 events of 100 visits, of this many users (0: all are anonymous)."""
    start = local("2026-03-28 01:00").timestamp()
    events = []
    for visit in range(100):
        user = f"user-{visit % users}" if users else None
        for step in range(10):
            at = local("2026-03-28 01:00").fromtimestamp(
                start + visit * 60 + step * 30, local("2026-03-28 01:00").tzinfo
            )
            kind = "page_view" if step % 2 else "user_action"
            columns = {"type": kind, "name": kind, "path": f"/products/{step}", "session_id": f"session-{visit}"}
            events.append(lake_event(at, visit * 10 + step, user_id=user, visitor=None, **columns))
    return events


def computed(events: list[LakeEvent]) -> Meter:
    """Store the events in parts, compute the day, and return what the computation cost."""
    for part in range(PARTS):
        store(events[part::PARTS])
    with metered() as meter:
        computation.compute_day(TENANT, DAY)
    return meter


def test_thousand_events_of_users_cost_at_most_1350_write_units(week_clock: WeekClock) -> None:
    meter = computed(thousand_events(users=50))

    assert meter.cost.write_units <= 1350
    assert meter.cost.objects <= 6 + PARTS


def test_anonymous_events_without_rows_cost_at_most_250_write_units(
    week_clock: WeekClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYTICS_ROWS", "identified")
    config.forget_settings()
    try:
        meter = computed(thousand_events(users=0))
    finally:
        monkeypatch.undo()
        config.forget_settings()

    assert meter.cost.write_units <= 250
    assert meter.cost.objects <= 6 + PARTS


def test_redelivered_events_cost_at_most_10_write_units(
    week_clock: WeekClock, compute_due_days: Callable[[], int]
) -> None:
    events = thousand_events(users=50)
    store(events)
    compute_due_days()
    with metered() as meter:
        store(events)
        compute_due_days()

    assert meter.cost.write_units <= 10
