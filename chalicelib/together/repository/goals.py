"""Rows of the goals."""

from __future__ import annotations

from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import copy_row
from chalicelib.together.enums import GoalStatus
from chalicelib.together.models import SharedGoal
from chalicelib.together.repository import space_rows


def new_goal(relationship_id: str, goal_id: str, created_by: str, columns: dict[str, Any]) -> SharedGoal:
    """Return the row of a new goal."""
    row = SharedGoal(
        relationship_id=relationship_id, id=goal_id, created_by=created_by, status=GoalStatus.ACTIVE, version=1
    )
    row.relationship_status = f"{relationship_id}#{GoalStatus.ACTIVE}"
    for name, value in columns.items():
        setattr(row, name, value)
    return row


def goal_with_columns(row: SharedGoal, columns: dict[str, Any]) -> SharedGoal:
    """Return a copy of the row with these columns and the index key of its status."""
    status = columns.get("status", row.status)
    return copy_row(row, {**columns, "relationship_status": f"{row.relationship_id}#{status}"})


def goal_unchanged(row: SharedGoal) -> Condition:
    """Return the condition that the stored row has this row's version."""
    condition: Condition = SharedGoal.version == row.version
    return condition


def find(relationship_id: str, goal_id: str) -> SharedGoal | None:
    """Return the goal, read consistently; None if the relationship has no such goal."""
    return space_rows.find_row(SharedGoal, relationship_id, goal_id)


def list_goals(relationship_id: str, status: GoalStatus | None, page: PageRequest) -> PageResult[SharedGoal]:
    """Return a page of the relationship's goals, newest first, of all statuses or of one."""
    if status is None:
        return space_rows.list_by_relationship(SharedGoal, relationship_id, page)
    result = space_rows.list_by_index(
        SharedGoal, SharedGoal.by_relationship_status, f"{relationship_id}#{status}", page
    )
    return PageResult([row for row in result.items if row.status is status], result.last_key)
