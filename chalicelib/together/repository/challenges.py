"""Rows of the challenges."""

from __future__ import annotations

from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import copy_row
from chalicelib.together.enums import ChallengeStatus
from chalicelib.together.models import Challenge
from chalicelib.together.repository import space_rows


def new_challenge(relationship_id: str, challenge_id: str, columns: dict[str, Any]) -> Challenge:
    """Return the row of a new challenge."""
    row = Challenge(relationship_id=relationship_id, id=challenge_id, status=ChallengeStatus.ACTIVE)
    row.relationship_status = f"{relationship_id}#{ChallengeStatus.ACTIVE}"
    for name, value in columns.items():
        setattr(row, name, value)
    return row


def challenge_with_columns(row: Challenge, columns: dict[str, Any]) -> Challenge:
    """Return a copy of the row with these columns and the index key of its status."""
    status = columns.get("status", row.status)
    return copy_row(row, {**columns, "relationship_status": f"{row.relationship_id}#{status}"})


def challenge_unchanged(row: Challenge) -> Condition:
    """Return the condition that the stored row is this row."""
    condition: Condition = (
        (Challenge.updated_at == row.updated_at)
        & (Challenge.progress == row.progress)
        & (Challenge.status == row.status)
    )
    return condition


def find(relationship_id: str, challenge_id: str) -> Challenge | None:
    """Return the challenge, read consistently; None if the relationship has no such challenge."""
    return space_rows.find_row(Challenge, relationship_id, challenge_id)


def list_challenges(relationship_id: str, status: ChallengeStatus | None, page: PageRequest) -> PageResult[Challenge]:
    """Return a page of the relationship's challenges, newest first, of all stored statuses or of one."""
    if status is None:
        return space_rows.list_by_relationship(Challenge, relationship_id, page)
    key = f"{relationship_id}#{status}"
    result = space_rows.list_by_index(Challenge, Challenge.by_relationship_status, key, page)
    return PageResult([row for row in result.items if row.status is status], result.last_key)
