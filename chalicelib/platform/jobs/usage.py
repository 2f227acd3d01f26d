"""Schedules of the stores' usage. They only find stores that were called, and queue the work."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, scheduled
from chalicelib.platform.service import due_usage

bp = Blueprint(__name__)


@bp.schedule("rate(1 hour)", name="platform-roll_up_usage")
@scheduled("platform-roll_up_usage", lease_seconds=300)
def roll_up_usage(run: ScheduledRun) -> None:
    """Send the stores that were called to `platform-measure_store`, which computes their hours and days."""
    due_usage.request_roll_ups(run.due, run.last_completed)


@bp.schedule("rate(1 day)", name="platform-count_rows")
@scheduled("platform-count_rows", lease_seconds=300)
def count_rows(run: ScheduledRun) -> None:
    """Send the stores that were called to `platform-measure_store`, which counts their rows."""
    due_usage.request_censuses(run.due, run.last_completed)
