"""Schedules: they send due work to its queue and do not read the lake."""

from __future__ import annotations

from functools import partial

from chalice.app import Blueprint

from chalicelib.analytics.service import due_days, hourly_steps
from chalicelib.kit.jobs import ScheduledRun, scheduled
from chalicelib.kit.steps import run_all

bp = Blueprint(__name__)


@bp.schedule("rate(5 minutes)", name="analytics-roll_up_days")
@scheduled("analytics-roll_up_days", lease_seconds=300, reports_errors=False)
def roll_up_days(run: ScheduledRun) -> None:
    """Send due days to their computation, and measure the oldest part. The steps are independent."""
    run_all(partial(due_days.send_due_days, run.due), partial(due_days.measure_oldest_part, run.due))


@bp.schedule("rate(1 hour)", name="analytics-close_days")
@scheduled("analytics-close_days", lease_seconds=900, reports_errors=False)
def close_days(run: ScheduledRun) -> None:
    """Run each of the hourly steps of `service/hourly_steps.py`."""
    hourly_steps.run_hourly_steps(run.due, run.last_completed)
