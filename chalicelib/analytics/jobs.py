"""Queue consumers and schedules of analytics."""

from __future__ import annotations

from contextlib import ExitStack

from chalice.app import Blueprint

from chalicelib.analytics.schemas.days import DayDue
from chalicelib.analytics.service import computation, due_days
from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled

bp = Blueprint(__name__)


@bp.schedule("rate(5 minutes)", name="analytics-roll_up_days")
@scheduled("analytics-roll_up_days", lease_seconds=300)
def roll_up_days(run: ScheduledRun) -> None:
    """Send due days to their computation, and measure the oldest part. The steps are independent."""
    with ExitStack() as steps:  # runs in reverse order
        steps.callback(due_days.measure_oldest_part, run.due)
        steps.callback(due_days.send_due_days, run.due)


@bp.on_sqs_message(queue="analytics-compute_day", batch_size=1, name="analytics-compute_day")
@consumes(DayDue, layer="duckdb", maximum_concurrency=10)
def compute_day(message: DayDue) -> None:
    """Compute a tenant's day."""
    computation.compute_day(message.tenant, message.day)
