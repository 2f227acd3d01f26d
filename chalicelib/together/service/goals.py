"""Goals of a relationship: create, read, change, delete, and add progress."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import goals as rules
from chalicelib.together.domain.caps import OpenRows
from chalicelib.together.enums import GoalStatus
from chalicelib.together.errors import GoalNotFound
from chalicelib.together.models import Achievement, Relationship, SharedGoal, User
from chalicelib.together.repository import goals
from chalicelib.together.schemas.goals import GoalCreate, GoalProgress, GoalQuery, GoalRead, GoalUpdate
from chalicelib.together.service import joint_rows, measurement
from chalicelib.together.service.achievements import notify_of_award, stage_first_award
from chalicelib.together.service.viewers import viewer_of

_NAMESPACE = "6f6b1f0e-4a55-4b0c-9d5e-2b7f9f1f3d10"

Saved = tuple[GoalRead, Relationship, Achievement | None, bool]
"""The goal, its relationship, a new award, and whether this change completed the goal."""


def list_goals(user: User, query: GoalQuery, page: PageRequest) -> PageResult[GoalRead]:
    """Return a page of goals, newest first. Raises RelationshipNotFound for a relationship of others."""
    viewer = viewer_of(user, query.relationship)
    rows = goals.list_goals(viewer.relationship.id, query.status, page)
    return rows.map(lambda row: to_goal_read(row, user.id))


def get_goal(user: User, goal_id: str, relationship_id: str | None = None) -> GoalRead:
    """Return a goal. Raises GoalNotFound, RelationshipNotFound."""
    viewer = viewer_of(user, relationship_id)
    return to_goal_read(_required(goals.find(viewer.relationship.id, goal_id)), user.id)


def add_goal(user: User, body: GoalCreate, key: Idempotency | None) -> GoalRead:
    """Create a goal. Raises PremiumRequired or CapReached if too many are open."""
    now, goal_id = clock.now(), ids.time_ordered()
    space = joint_rows.space_of(user)
    row = goals.new_goal(space, goal_id, user.id, {**body.model_dump(), "created_at": now, "updated_at": now})
    response = to_goal_read(row, user.id)

    def decide(unit: UnitOfWork) -> GoalRead:
        joint_rows.stage_open(unit, space, user.id, (OpenRows.GOALS, goal_id))
        if key:
            key.join(unit.transaction, response)
        unit.transaction.add(row)
        return response

    return run_unit_of_work(decide)


def change_goal(user: User, goal_id: str, body: GoalUpdate, version: str) -> GoalRead:
    """Set the fields in the body. Raises GoalNotFound, VersionMismatch, GoalCompleted, PremiumRequired, CapReached."""

    def decide(unit: UnitOfWork) -> Saved:
        relationship, row = joint_rows.read_version(SharedGoal, user, goal_id, GoalNotFound(), version)
        return _stage_change(unit, user, relationship, (row, _changed_columns(row, body)))

    return _finish(user, run_unit_of_work(decide))


def add_progress(user: User, goal_id: str, body: GoalProgress, key: Idempotency | None) -> GoalRead:
    """Add to the goal's progress, between 0 and its target. Reaching the target completes it once.

    Raises GoalNotFound, GoalWithoutTarget, GoalNotActive, GoalCompleted.
    """

    def decide(unit: UnitOfWork) -> Saved:
        relationship, row = joint_rows.read_writable(SharedGoal, user, goal_id, GoalNotFound())
        progress = rules.progress_after(row.current_progress, body.delta, row.target_count, row.status)
        columns = {"current_progress": progress} | _with_status(row, row.status, progress, row.target_count)
        saved = _stage_change(unit, user, relationship, (row, columns))
        if key:
            key.join(unit.transaction, saved[0])
        return saved

    return _finish(user, run_unit_of_work(decide))


def remove_goal(user: User, goal_id: str, version: str | None) -> None:
    """Delete a goal. Raises GoalNotFound, VersionMismatch."""

    def decide(unit: UnitOfWork) -> None:
        _, row = joint_rows.read_version(SharedGoal, user, goal_id, GoalNotFound(), version)
        joint_rows.stage_close(unit, row.relationship_id, user.id, (OpenRows.GOALS, goal_id))
        unit.transaction.delete(row, condition=goals.goal_unchanged(row), otherwise=WriteConflict())

    run_unit_of_work(decide)


def to_goal_read(row: SharedGoal, user_id: str) -> GoalRead:
    """Return the goal as the member sees it."""
    columns = {name: getattr(row, name) for name in GoalRead.model_fields if name != "is_mine"}
    return GoalRead(**columns, is_mine=row.created_by == user_id)


def _required(row: SharedGoal | None) -> SharedGoal:
    if row is None:
        raise GoalNotFound
    return row


def _changed_columns(row: SharedGoal, body: GoalUpdate) -> dict[str, Any]:
    """Return the columns after the change. A lower target lowers the progress."""
    columns = body.model_dump(exclude_unset=True)
    requested = columns.pop("status", row.status)
    target = columns.get("target_count", row.target_count)
    progress = row.current_progress if target is None else min(row.current_progress, target)
    return columns | {"current_progress": progress} | _with_status(row, requested, progress, target)


def _with_status(row: SharedGoal, requested: GoalStatus, progress: int, target: int | None) -> dict[str, Any]:
    status = rules.status_after(row.status, requested, progress, target)
    is_completed = status is GoalStatus.COMPLETED and row.status is not GoalStatus.COMPLETED
    return {"status": status} | ({"completed_at": clock.now()} if is_completed else {})


def _stage_change(
    unit: UnitOfWork, user: User, relationship: Relationship, change: tuple[SharedGoal, dict[str, Any]]
) -> Saved:
    """Stage the row with these columns; without a difference, nothing is written."""
    row, columns = change
    if all(getattr(row, name) == value for name, value in columns.items()):
        return to_goal_read(row, user.id), relationship, None, False
    now = clock.now()
    changed = goals.goal_with_columns(row, {**columns, "version": row.version + 1, "updated_at": now})
    _stage_open_change(unit, user, row, changed)
    unit.transaction.put(changed, condition=goals.goal_unchanged(row), otherwise=WriteConflict())
    is_completed = changed.status is GoalStatus.COMPLETED and row.status is not GoalStatus.COMPLETED
    award = stage_first_award(unit, relationship, "first_goal", now) if is_completed else None
    return to_goal_read(changed, user.id), relationship, award, is_completed


def _stage_open_change(unit: UnitOfWork, user: User, row: SharedGoal, changed: SharedGoal) -> None:
    """Open, close or keep the goal among the relationship's open rows."""
    entry = (OpenRows.GOALS, row.id)
    was_open, is_open = row.status in rules.OPEN, changed.status in rules.OPEN
    if is_open and not was_open:
        joint_rows.stage_open(unit, row.relationship_id, user.id, entry)
    elif was_open and not is_open:
        joint_rows.stage_close(unit, row.relationship_id, user.id, entry)
    else:
        joint_rows.require(unit, row.relationship_id, user.id)


def _finish(user: User, saved: Saved) -> GoalRead:
    """Send the notices and the event of a completed goal."""
    goal, relationship, award, is_completed = saved
    if award is not None:
        notify_of_award(relationship, award)
    if is_completed:
        measurement.track_event(user, "goal_completed", goal.updated_at, ids.derived(_NAMESPACE, goal.id))
    return goal
