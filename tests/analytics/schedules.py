"""Run a schedule in this process, as EventBridge would."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, locks
from infra.deploy import handlers
from infra.local.schedules import event_of


def run_schedule(name: str) -> None:
    """Run a schedule that last completed an hour ago: a first run looks back two days, which takes seconds here."""
    lease = locks.acquire(f"schedule/{name}", 60)
    assert lease is not None
    locks.release(lease, clock.iso(clock.now() - timedelta(hours=1)))
    schedule = next(each for each in handlers.schedules() if each.name == name)
    handlers.chalice_app().handler_map[name](event_of(schedule, clock.now()), None)
