"""Important dates of a relationship: create, list, change, delete; their reminders are planned with them."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult, paginate_sorted
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import occurrences
from chalicelib.together.domain.caps import OpenRows
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.relationship_state import other_member
from chalicelib.together.errors import DateNotFound
from chalicelib.together.models import ImportantDate, Relationship, User
from chalicelib.together.repository import dates, users
from chalicelib.together.schemas.dates import DateCreate, DateRead, DateUpdate
from chalicelib.together.service import joint_rows, reminders
from chalicelib.together.service.viewers import viewer_of

_LEAP_YEAR = 2000


def list_dates(user: User, relationship_id: str | None, page: PageRequest) -> PageResult[DateRead]:
    """Return a page of dates in the order of their next occurrence, those that are over last.

    Raises RelationshipNotFound for a relationship of others.
    """
    viewer = viewer_of(user, relationship_id)
    items = [to_date_read(row, user) for row in dates.list_by_relationship(viewer.relationship.id)]
    return paginate_sorted(items, page, sort_key)


def get_date(user: User, date_id: str, relationship_id: str | None = None) -> DateRead:
    """Return a date. Raises DateNotFound, RelationshipNotFound."""
    viewer = viewer_of(user, relationship_id)
    row = dates.find(viewer.relationship.id, date_id)
    if row is None:
        raise DateNotFound
    return to_date_read(row, user)


def add_date(user: User, body: DateCreate, key: Idempotency | None) -> DateRead:
    """Create a date and plan both members' reminders. Raises PremiumRequired or CapReached if there are too many."""
    now, space = clock.now(), joint_rows.space_of(user)
    row = ImportantDate(space, ids.time_ordered(), created_by=user.id, version=1, created_at=now, updated_at=now)
    row = _with_columns(row, body.model_dump(), user)
    response = to_date_read(row, user)

    def decide(unit: UnitOfWork) -> DateRead:
        relationship = joint_rows.stage_open(unit, space, user.id, (OpenRows.DATES, row.id))
        if key:
            key.join(unit.transaction, response)
        unit.transaction.add(row)
        reminders.stage_reminders(unit.transaction, row, _members(user, relationship))
        return response

    return run_unit_of_work(decide)


def change_date(user: User, date_id: str, body: DateUpdate, version: str) -> DateRead:
    """Set the fields in the body and plan the reminders that follow. Raises DateNotFound, VersionMismatch."""

    def decide(unit: UnitOfWork) -> tuple[ImportantDate, Relationship]:
        relationship, row = joint_rows.read_version(ImportantDate, user, date_id, DateNotFound(), version)
        columns = {"version": row.version + 1, "updated_at": clock.now(), **body.model_dump(exclude_unset=True)}
        changed = _with_columns(row, columns, user)
        joint_rows.require(unit, relationship.id, user.id)
        unit.transaction.put(changed, condition=dates.is_same_date(row), otherwise=WriteConflict())
        return changed, relationship

    changed, relationship = run_unit_of_work(decide)
    for each in _members(user, relationship):
        reminders.plan_dates(each, [changed])
    return to_date_read(changed, user)


def remove_date(user: User, date_id: str, version: str | None) -> None:
    """Delete a date; its reminders are dropped when they are due. Raises DateNotFound, VersionMismatch."""

    def decide(unit: UnitOfWork) -> None:
        relationship, row = joint_rows.read_version(ImportantDate, user, date_id, DateNotFound(), version)
        joint_rows.stage_close(unit, relationship.id, user.id, (OpenRows.DATES, date_id))
        unit.transaction.delete(row, condition=dates.is_same_date(row), otherwise=WriteConflict())

    run_unit_of_work(decide)


def to_date_read(row: ImportantDate, user: User) -> DateRead:
    """Return the date as the member sees it today in their time zone."""
    columns = {name: getattr(row, name) for name in DateRead.model_fields if name not in ("is_mine", "next_on")}
    next_on = occurrences.next_on(row.date_value, row.is_recurring, _today(user))
    return DateRead(**columns, next_on=next_on, is_mine=row.created_by == user.id)


def sort_key(item: DateRead) -> tuple[str, str]:
    """Return the key that sorts dates by their next occurrence, those that are over last."""
    return str(item.next_on or date.max), item.id


def _today(user: User) -> date:
    return local_date(clock.now(), user.timezone)


def _with_columns(row: ImportantDate, columns: dict[str, Any], user: User) -> ImportantDate:
    """Return the row with these columns, the year that stands for an unknown one, and the next occurrence."""
    changed = copy_row(row, columns)
    if not changed.year_known:
        changed.date_value = changed.date_value.replace(year=_LEAP_YEAR)
    changed.next_on = occurrences.next_on(changed.date_value, changed.is_recurring, _today(user))
    return changed


def _members(user: User, relationship: Relationship) -> list[User]:
    """Return the members of the relationship; the caller first."""
    partner_id = other_member(relationship, user.id)
    partner = users.find_user(partner_id) if partner_id else None
    return [user, partner] if partner else [user]
