"""The schedule that finds the notices to be mailed."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, scheduled
from chalicelib.together.service import notice_dispatch

bp = Blueprint(__name__)


@bp.schedule("rate(5 minutes)", name="together-dispatch_notifications")
@scheduled("together-dispatch_notifications", lease_seconds=300)
def dispatch_notifications(run: ScheduledRun) -> None:
    """Send the notices that are due to `together-send_notification`."""
    notice_dispatch.send_due(run.due, run.last_completed)
