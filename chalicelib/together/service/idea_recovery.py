"""Orders of ideas that wait: those whose message was lost, or whose model was unavailable, are queued again."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import messages
from chalicelib.together.domain.ideas import REQUEUED_AFTER, oldest_wait
from chalicelib.together.metrics import OLDEST_PENDING_IDEA
from chalicelib.together.repository import ideas
from chalicelib.together.schemas.messages import IdeaRequested


def requeue_pending_ideas(now: datetime) -> int:
    """Queue the orders that have waited in the queue for REQUEUED_AFTER; return their number.

    An order that is queued waits from now, so that concurrent runs queue it once. Writes how long the oldest has waited.
    """
    pending = list(ideas.iterate_pending(now))
    OLDEST_PENDING_IDEA.record(oldest_wait([key.id for key in pending], now))
    count = 0
    for key in pending:
        is_due = key.pending_since is not None and key.pending_since < now - REQUEUED_AFTER
        if is_due and ideas.mark_queued(key, now):
            messages.publish(IdeaRequested(user_id=key.user_id, idea_id=key.id))
            count += 1
    return count
