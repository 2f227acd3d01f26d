"""The rows that both members of a relationship have: dates, goals, activities, challenges, the couple's awards."""

from __future__ import annotations

from typing import Any

from chalicelib.kit.tables import update_if
from chalicelib.together.models import (
    Achievement,
    Activity,
    Challenge,
    Conversation,
    DailyCheckin,
    ImportantDate,
    Relationship,
    RelationshipScore,
    SharedGoal,
)

_CREATED = (ImportantDate, SharedGoal, Activity)
"""Tables with a column `created_by`."""
_ALL: tuple[Any, ...] = (*_CREATED, Challenge, Achievement, DailyCheckin, Conversation, RelationshipScore)


def replace_author(relationship: Relationship, user_id: str, pseudonym: str) -> None:
    """Replace the member's id in the joint rows and remove their ratings; a repeat changes nothing."""
    for model in _CREATED:
        for row in model.query(relationship.id, filter_condition=model.created_by == user_id):
            update_if(model(row.relationship_id, row.id), [model.created_by.set(pseudonym)], model.id.exists())
    is_first = relationship.user_1_id in (user_id, pseudonym)
    rating = Activity.satisfaction_user_1 if is_first else Activity.satisfaction_user_2
    for row in Activity.query(relationship.id, filter_condition=rating.exists()):
        update_if(Activity(row.relationship_id, row.id), [rating.remove()], Activity.id.exists())


def delete_all(relationship_id: str) -> None:
    """Delete every row of the relationship."""
    for model in _ALL:
        with model.batch_write() as batch:
            for row in model.query(relationship_id):
                batch.delete(row)


def is_empty(relationship_id: str) -> bool:
    """Return whether the relationship has no row."""
    return not any(next(iter(model.query(relationship_id, limit=1)), None) for model in _ALL)
