"""Rows of the activities."""

from __future__ import annotations

from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import copy_row
from chalicelib.together.domain.activities import listed_at
from chalicelib.together.enums import ActivityStatus
from chalicelib.together.models import Activity
from chalicelib.together.repository import space_rows

COLUMNS = (
    "title",
    "description",
    "kind",
    "location",
    "planned_at",
    "completed_at",
    "cost",
    "currency",
    "satisfaction_user_1",
    "satisfaction_user_2",
    "notes",
    "status",
)
"""The columns that a change may set."""


def new_activity(relationship_id: str, activity_id: str, created_by: str, columns: dict[str, Any]) -> Activity:
    """Return the row of a new activity."""
    row = Activity(
        relationship_id=relationship_id,
        id=activity_id,
        created_by=created_by,
        status=ActivityStatus.PLANNED,
        version=1,
    )
    for name, value in columns.items():
        setattr(row, name, value)
    return _with_keys(row)


def columns_of(row: Activity) -> dict[str, Any]:
    """Return the columns that a change may set."""
    return {name: getattr(row, name) for name in COLUMNS}


def activity_with_columns(row: Activity, columns: dict[str, Any]) -> Activity:
    """Return a copy of the row with these columns, and the index keys that follow from them."""
    return _with_keys(copy_row(row, columns))


def activity_unchanged(row: Activity) -> Condition:
    """Return the condition that the stored row has this row's version."""
    condition: Condition = Activity.version == row.version
    return condition


def find(relationship_id: str, activity_id: str) -> Activity | None:
    """Return the activity, read consistently; None if the relationship has no such activity."""
    return space_rows.find_row(Activity, relationship_id, activity_id)


def list_activities(relationship_id: str, status: ActivityStatus | None, page: PageRequest) -> PageResult[Activity]:
    """Return a page of the relationship's activities, the latest date first, of all statuses or of one."""
    if status is None:
        return space_rows.list_by_index(Activity, Activity.by_relationship, relationship_id, page)
    key = f"{relationship_id}#{status}"
    result = space_rows.list_by_index(Activity, Activity.by_relationship_status, key, page)
    return PageResult([row for row in result.items if row.status is status], result.last_key)


def _with_keys(row: Activity) -> Activity:
    row.relationship_status = f"{row.relationship_id}#{row.status}"
    moment = listed_at(row.completed_at, row.planned_at, row.created_at)
    row.listed_at = f"{clock.iso(moment)}#{row.id}"
    return row
