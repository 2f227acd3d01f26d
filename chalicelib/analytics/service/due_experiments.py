"""Running experiments whose days changed since their last results."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chalicelib.analytics.enums import ExperimentStatus
from chalicelib.analytics.models import EventDay, Experiment
from chalicelib.analytics.repository import event_days, experiments
from chalicelib.analytics.schemas.experiments import ExperimentDue
from chalicelib.analytics.service.experiments import MAX_DURATION, end_of, stop
from chalicelib.kit import messages
from chalicelib.kit.batches import Batch

_CLOCK_SKEW = timedelta(minutes=1)
"""A day that was computed so shortly before a result may have changed after it was read."""
_DAY = timedelta(days=1)


def send_due_experiments(now: datetime) -> int:
    """Send the running experiments whose days changed to their computation, and stop those that are 90 days old.

    An experiment whose step fails ends no other's; the next run finds it. Returns the number of completed steps.
    """
    batch = Batch("analytics-close_days")
    batch.run(experiments.iterate_running(), partial(_send_if_due, now=now))
    return batch.finish()


def _send_if_due(test_id: str, now: datetime) -> None:
    row = experiments.find(test_id)
    if row is None or row.status is not ExperimentStatus.RUNNING or row.started_at is None:
        return
    if now >= row.started_at + MAX_DURATION:
        stop(row.tenant, test_id)
    elif any(is_changed(day, row) for day in days_of(row, now)):
        messages.publish(ExperimentDue(tenant=row.tenant, test_id=test_id))


def days_of(row: Experiment, now: datetime) -> list[EventDay]:
    """Return the days that may have events of the experiment: local days begin up to a day before and after UTC's."""
    end = end_of(row, now)
    return event_days.list_by_tenant(row.tenant, (row.started_at or end).date() - _DAY, end.date() + _DAY)


def is_changed(day: EventDay, row: Experiment) -> bool:
    """Return whether a day may have other events than when the results were computed."""
    if day.computed_at is None:
        return day.oldest_part_at is not None
    return row.computed_at is None or day.computed_at >= row.computed_at - _CLOCK_SKEW
