"""The couples whose day has ended: found by the hour in which their scores are due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.kit import messages
from chalicelib.together.domain.notices import due_keys
from chalicelib.together.repository import scores
from chalicelib.together.schemas.messages import ScoreRequested

_HOUR = timedelta(hours=1)
FIRST_RUN = timedelta(days=2)
LONGEST = timedelta(days=31)
"""Hours further back are not searched: the next check-in of a couple makes its scores due again."""


def request_due_scores(due: datetime, last_completed: datetime | None) -> None:
    """Send the couples that are due since the last completed run to `together-score_day`; a repeat is harmless."""
    start = max(last_completed or due - FIRST_RUN, due - LONGEST).replace(minute=0, second=0, microsecond=0)
    messages.publish_many(
        ScoreRequested(relationship_id=relationship_id, dates=())
        for hour in _hours(start, due)
        for key in due_keys(hour)
        for relationship_id in scores.list_by_score_due(key)
    )


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    while start <= end:
        yield start
        start += _HOUR
