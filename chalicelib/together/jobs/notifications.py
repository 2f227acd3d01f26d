"""The schedule that finds what is due every five minutes: notices to be mailed, ideas that wait."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, scheduled
from chalicelib.together.service import idea_recovery, notice_dispatch

bp = Blueprint(__name__)


@bp.schedule("rate(5 minutes)", name="together-dispatch_notifications")
@scheduled("together-dispatch_notifications", lease_seconds=300)
def dispatch_notifications(run: ScheduledRun) -> None:
    """Send the notices that are due to `together-send_notification`, and queue ideas that wait again.

    A failure of the one does not end the other.
    """
    try:
        notice_dispatch.send_due(run.due, run.last_completed)
    finally:
        idea_recovery.requeue_pending_ideas(run.due)
