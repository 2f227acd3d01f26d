"""The schedule that sends due days to their computation, and reports parts that wait too long."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chalicelib.analytics.metrics import OLDEST_PART
from chalicelib.analytics.repository import event_days
from chalicelib.analytics.repository.event_days import DueDay
from chalicelib.analytics.schemas.days import DayDue
from chalicelib.kit import logs, messages
from chalicelib.kit.batches import Batch

log = logs.logger("analytics")


def send_due_days(now: datetime) -> None:
    """Send each due day to its computation; until it is computed, it is sent again once an hour.

    A day whose step fails ends no other's; the next run finds it.
    """
    batch = Batch("analytics-roll_up_days")
    batch.run(event_days.iterate_due(now), partial(_send, now=now), label=lambda due: due.day.isoformat())
    log.info("due days sent", extra={"count": batch.finish()})


def _send(due: DueDay, now: datetime) -> None:
    if event_days.postpone(due, now):
        messages.publish(DayDue(tenant=due.tenant, day=due.day))


def measure_oldest_part(now: datetime) -> None:
    """Write the age of the oldest part that no computation has read."""
    arrived_at = event_days.oldest_part_at(now)
    OLDEST_PART.record(now - arrived_at if arrived_at else timedelta())
