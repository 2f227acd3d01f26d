"""Queue consumers and the schedule of the days: what follows a check-in, and the scores of days."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled
from chalicelib.together.schemas.messages import CheckinRecorded, ScoreRequested
from chalicelib.together.service import due_scores, overdue_erasures, reactions, scores

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="together-react_to_checkin", batch_size=5, name="together-react_to_checkin")
# maximum_concurrency: most members check in during the same evening hours
@consumes(CheckinRecorded, maximum_concurrency=5)
def react_to_checkin(message: CheckinRecorded) -> None:
    """Give the awards of a check-in, add the partner's notice, and have the scores computed."""
    reactions.react_to_checkin(message)


@bp.on_sqs_message(queue="together-score_day", batch_size=5, name="together-score_day")
# maximum_concurrency: each check-in requests a score; see above
@consumes(ScoreRequested, maximum_concurrency=5)
def score_day(message: ScoreRequested) -> None:
    """Compute the scores of a couple's days."""
    scores.score_days(message)


@bp.schedule("rate(1 hour)", name="together-close_days")
@scheduled("together-close_days", lease_seconds=300)
def close_days(run: ScheduledRun) -> None:
    """Request the scores of the days that have ended for both members, and look for overdue erasures.

    A failure of the one does not end the other.
    """
    try:
        overdue_erasures.check_erasures(run.due)
    finally:
        due_scores.request_due_scores(run.due, run.last_completed)
