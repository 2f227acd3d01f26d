"""Orders of ideas that wait: those whose message was lost, or whose model was unavailable, are queued again."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import messages
from chalicelib.together.domain.ideas import REQUEUED_AFTER
from chalicelib.together.repository import ideas
from chalicelib.together.schemas.messages import IdeaRequested


def requeue_pending_ideas(now: datetime) -> int:
    """Queue the orders that have waited in the queue for REQUEUED_AFTER; return their number.

    An order that is queued waits from now, so that concurrent runs queue it once.
    """
    count = 0
    for key in ideas.iterate_pending(now - REQUEUED_AFTER):
        if ideas.mark_queued(key, now):
            messages.publish(IdeaRequested(user_id=key.user_id, idea_id=key.id))
            count += 1
    return count
