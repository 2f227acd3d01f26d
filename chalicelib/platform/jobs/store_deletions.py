"""Schedule of the removals of deleted stores and of old places."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, scheduled
from chalicelib.platform.service import scheduled_jobs

bp = Blueprint(__name__)


@bp.schedule("rate(1 day)", name="platform-expire_stores")
@scheduled("platform-expire_stores", lease_seconds=300)
def expire_stores(run: ScheduledRun) -> None:
    """Send the removals that are due to `platform-run_job`."""
    scheduled_jobs.begin_due_jobs(run.due)
