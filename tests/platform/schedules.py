"""Runs of the schedules."""

from __future__ import annotations

from datetime import datetime

from infra.deploy import handlers
from infra.local import schedules


def run_schedule(name: str, due: datetime) -> None:
    """Invoke a schedule with the rights of its role."""
    [schedule] = [each for each in handlers.schedules() if each.name == name]
    handlers.chalice_app().handler_map[name](schedules.event_of(schedule, due), None)
