"""The member's own profile."""

from __future__ import annotations

from typing import Any

from chalicelib.kit.errors import Unauthenticated, VersionMismatch
from chalicelib.kit.http.etags import content_version
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.models import User
from chalicelib.together.repository import account_rows, users
from chalicelib.together.schemas.profile import ProfileRead, ProfileUpdate
from chalicelib.together.service import customers, reminders
from chalicelib.together.service.auth import Member


def update_profile(member: Member, changes: ProfileUpdate, if_match: str | None) -> ProfileRead:
    """Change the given fields and return the profile. Raises VersionMismatch."""
    given = changes.model_dump(exclude_unset=True)

    def decide(unit: UnitOfWork) -> User:
        row = users.find_user(member.id)
        if row is None:
            raise Unauthenticated
        if if_match not in (None, "*", content_version(ProfileRead.of(row))):
            raise VersionMismatch
        columns = _columns(row, given)
        account_rows.stage_user_change(unit.transaction, row, columns)
        for column, value in columns.items():
            setattr(row, column, value)
        return row

    row = run_unit_of_work(decide)
    if "display_name" in given:
        customers.register_member(row)
    if "timezone" in given or "hour" in given.get("preferences", {}):
        reminders.plan_reminders(row)
    return ProfileRead.of(row)


def _columns(row: User, given: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that the change writes. Preferences are merged, choices of e-mail one by one."""
    if "preferences" not in given:
        return given
    stored, chosen = row.preferences or {}, given["preferences"]
    merged = {**stored, **chosen}
    if "email" in chosen:
        merged["email"] = {**stored.get("email", {}), **chosen["email"]}
    return {**given, "preferences": merged}
