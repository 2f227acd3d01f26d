"""Rows of the scores, and the rows that they are computed from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chalicelib.kit import clock, tables
from chalicelib.kit.tables import put_if, readable_rows
from chalicelib.together.enums import ActivityStatus, ChallengeStatus, GoalStatus
from chalicelib.together.models import Activity, Challenge, Conversation, Relationship, RelationshipScore, SharedGoal

_LATEST_FINISHED = 50
"""Of the completed goals and challenges, so many of the latest are read: two of 30 days give all points."""
_TALK = [
    "relationship_id",
    "id",
    "initiated_by",
    "is_private",
    "in_pause",
    "duration_minutes",
    "occurred_at",
    "created_at",
]


def list_scores(relationship_id: str, first: date, last: date) -> list[RelationshipScore]:
    """Return the scores of the days from `first` to `last`, both inclusive, in order."""
    between = RelationshipScore.date.between(first, last)
    return list(readable_rows(RelationshipScore.query(relationship_id, between, consistent_read=True)))


def save_score(row: RelationshipScore) -> bool:
    """Write the score of a day, unless a later computation wrote it: then return False."""
    is_newer = RelationshipScore.date.does_not_exist() | (RelationshipScore.computed_at <= row.computed_at)
    return put_if(row, is_newer)


def list_activity_completions(relationship_id: str, since: datetime) -> list[datetime]:
    """Return when activities were completed since then."""
    keys = Activity.by_relationship_status.query(
        f"{relationship_id}#{ActivityStatus.COMPLETED}", Activity.listed_at >= clock.iso(since)
    )
    return [clock.parse(key.listed_at.partition("#")[0]) for key in keys]


def list_talks(relationship_id: str, since: datetime) -> list[Conversation]:
    """Return the talks that took place since then, without topic and notes."""
    bound = str(UUID(int=int(since.timestamp() * 1_000) << 80))
    return list(readable_rows(Conversation.query(relationship_id, Conversation.id >= bound, attributes_to_get=_TALK)))


def list_goal_completions(relationship_id: str) -> list[datetime]:
    """Return when the latest goals were completed."""
    return _completions(SharedGoal, relationship_id, GoalStatus.COMPLETED)


def list_challenge_completions(relationship_id: str) -> list[datetime]:
    """Return when the latest challenges were completed."""
    return _completions(Challenge, relationship_id, ChallengeStatus.COMPLETED)


def _completions(model: Any, relationship_id: str, status: str) -> list[datetime]:
    keys = list(
        model.by_relationship_status.query(
            f"{relationship_id}#{status}", scan_index_forward=False, limit=_LATEST_FINISHED
        )
    )
    rows = tables.get_many([(model, (relationship_id, key.id)) for key in keys])
    return [row.completed_at for row in rows if row is not None and row.completed_at is not None]


def list_by_score_due(key: str) -> list[str]:
    """Return the ids of the relationships whose scores are due under the key."""
    return [row.id for row in Relationship.by_score_due.query(key)]


def set_due(relationship: Relationship, due: str | None, scored_until: date | None) -> bool:
    """Store when the next scores are due (None: no longer), and the last day that has one.

    Returns False if another writer has changed the former, or the relationship has ended.
    """
    column, stored = Relationship.score_due, relationship.score_due
    actions = [column.remove() if due is None else column.set(due)]
    if scored_until is not None:
        actions.append(Relationship.scored_until.set(scored_until))
    is_same = column.does_not_exist() if stored is None else column == stored
    return tables.update_if(
        Relationship(relationship.id), actions, is_same & (Relationship.status == relationship.status)
    )
