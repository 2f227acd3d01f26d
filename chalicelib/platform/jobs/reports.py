"""Schedule of the measures. It finds due work and queues it."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, scheduled
from chalicelib.platform.service.measures import due_measures

bp = Blueprint(__name__)


@bp.schedule("rate(1 hour)", name="platform-write_reports")
@scheduled("platform-write_reports", lease_seconds=300)
def write_reports(run: ScheduledRun) -> None:
    """Send days of stores, hours of endpoints and open months of revenue to `platform-measure_store`."""
    due_measures.request_measures(run.due, run.last_completed)
