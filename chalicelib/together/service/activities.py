"""Activities of a relationship: create, read, change, rate, delete."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.activities import columns_after_change, rating_column
from chalicelib.together.domain.caps import OpenRows
from chalicelib.together.domain.visibility import Access, RowFacts, RowKind
from chalicelib.together.enums import ActivityStatus
from chalicelib.together.errors import ActivityNotFound
from chalicelib.together.models import Achievement, Activity, User
from chalicelib.together.repository import activities
from chalicelib.together.schemas.activities import ActivityCreate, ActivityQuery, ActivityRead, ActivityUpdate
from chalicelib.together.service import joint_rows, measurement
from chalicelib.together.service.achievements import notify_of_award, stage_first_award
from chalicelib.together.service.viewers import Viewer, viewer_of

_NAMESPACE = "0b8d3c52-6b5e-4c0e-8a38-2f0a4c1f5b77"

Saved = tuple[ActivityRead, Viewer, Achievement | None, bool]
"""The activity, its reader, a new award, and whether this change completed the activity."""


def list_activities(user: User, query: ActivityQuery, page: PageRequest) -> PageResult[ActivityRead]:
    """Return a page of activities, the latest date first. Raises RelationshipNotFound for a relationship of others."""
    viewer = viewer_of(user, query.relationship)
    rows = activities.list_activities(viewer.relationship.id, query.status, page)
    return rows.map(lambda row: to_activity_read(row, viewer))


def get_activity(user: User, activity_id: str, relationship_id: str | None = None) -> ActivityRead:
    """Return an activity. Raises ActivityNotFound, RelationshipNotFound."""
    viewer = viewer_of(user, relationship_id)
    row = activities.find(viewer.relationship.id, activity_id)
    if row is None:
        raise ActivityNotFound
    return to_activity_read(row, viewer)


def add_activity(user: User, body: ActivityCreate, key: Idempotency | None) -> ActivityRead:
    """Plan an activity. Raises CapReached if too many are planned."""
    now, activity_id = clock.now(), ids.time_ordered()
    space = joint_rows.space_of(user)
    columns = {**body.model_dump(), "created_at": now, "updated_at": now}
    row = activities.new_activity(space, activity_id, user.id, columns)

    def decide(unit: UnitOfWork) -> ActivityRead:
        relationship = joint_rows.stage_open(unit, space, user.id, (OpenRows.ACTIVITIES, activity_id))
        response = to_activity_read(row, Viewer(user.id, relationship))
        if key:
            key.join(unit.transaction, response)
        unit.transaction.add(row)
        return response

    response = run_unit_of_work(decide)
    measurement.track_event(user, "activity_created", now, ids.derived(_NAMESPACE, "created", activity_id))
    return response


def change_activity(user: User, activity_id: str, body: ActivityUpdate, version: str) -> ActivityRead:
    """Set the fields in the body; `satisfaction` is the member's own rating.

    Raises ActivityNotFound, VersionMismatch, ActivityCompleted, ActivityNotCompleted, InvalidActivity, CapReached.
    """
    changes = body.model_dump(exclude_unset=True)

    def decide(unit: UnitOfWork) -> Saved:
        relationship, row = joint_rows.read_version(Activity, user, activity_id, ActivityNotFound(), version)
        viewer = Viewer(user.id, relationship)
        before = activities.columns_of(row)
        columns = columns_after_change(before, changes, rating_column(viewer.is_user_1), clock.now())
        if all(before[name] == value for name, value in columns.items()):
            return to_activity_read(row, viewer), viewer, None, False
        return _stage_change(unit, viewer, row, columns)

    activity, viewer, award, is_completed = run_unit_of_work(decide)
    if award is not None:
        notify_of_award(viewer.relationship, award)
    if is_completed:
        event_id = ids.derived(_NAMESPACE, "completed", activity.id)
        measurement.track_event(user, "activity_completed", activity.updated_at, event_id)
    return activity


def remove_activity(user: User, activity_id: str, version: str | None) -> None:
    """Delete an activity. Raises ActivityNotFound, VersionMismatch."""

    def decide(unit: UnitOfWork) -> None:
        _, row = joint_rows.read_version(Activity, user, activity_id, ActivityNotFound(), version)
        joint_rows.stage_close(unit, row.relationship_id, user.id, (OpenRows.ACTIVITIES, activity_id))
        unit.transaction.delete(row, condition=activities.activity_unchanged(row), otherwise=WriteConflict())

    run_unit_of_work(decide)


def to_activity_read(row: Activity, viewer: Viewer) -> ActivityRead:
    """Return the activity as the member sees it: the partner's rating only while the relationship lasts."""
    mine = getattr(row, rating_column(viewer.is_user_1))
    theirs = getattr(row, rating_column(not viewer.is_user_1))
    access = viewer.access(RowKind.ACTIVITY, RowFacts(author_id=row.created_by))
    columns = {name: getattr(row, name) for name in ActivityRead.model_fields if hasattr(row, name)}
    return ActivityRead(
        **columns,
        my_satisfaction=mine,
        partner_satisfaction=theirs if access is Access.ALL else None,
        is_mine=row.created_by == viewer.user_id,
    )


def _stage_change(unit: UnitOfWork, viewer: Viewer, row: Activity, columns: dict[str, Any]) -> Saved:
    """Stage the row with these columns, and the change of the relationship's open rows."""
    now = clock.now()
    changed = activities.activity_with_columns(row, {**columns, "version": row.version + 1, "updated_at": now})
    entry = (OpenRows.ACTIVITIES, row.id)
    was_open, is_open = row.status is ActivityStatus.PLANNED, changed.status is ActivityStatus.PLANNED
    if is_open and not was_open:
        joint_rows.stage_open(unit, row.relationship_id, viewer.user_id, entry)
    elif was_open and not is_open:
        joint_rows.stage_close(unit, row.relationship_id, viewer.user_id, entry)
    else:
        joint_rows.require(unit, row.relationship_id, viewer.user_id)
    unit.transaction.put(changed, condition=activities.activity_unchanged(row), otherwise=WriteConflict())
    is_completed = changed.status is ActivityStatus.COMPLETED and row.status is not ActivityStatus.COMPLETED
    award = stage_first_award(unit, viewer.relationship, "first_activity", now) if is_completed else None
    return to_activity_read(changed, viewer), viewer, award, is_completed
