"""The owner's own profile."""

from __future__ import annotations

from chalicelib.kit.accounts import rows
from chalicelib.kit.errors import Unauthenticated, VersionMismatch
from chalicelib.kit.http.etags import content_version
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.models import PlatformUser
from chalicelib.platform.repository.users import USERS
from chalicelib.platform.schemas.accounts import OwnerRead, OwnerUpdate
from chalicelib.platform.service.auth import Owner


def update_profile(owner: Owner, changes: OwnerUpdate, if_match: str | None) -> OwnerRead:
    """Change the given fields and return the profile. Raises VersionMismatch."""
    columns = changes.model_dump(exclude_unset=True)

    def decide(unit: UnitOfWork) -> PlatformUser:
        row = rows.find_account(USERS, owner.id)
        if row is None:
            raise Unauthenticated
        if if_match not in (None, "*", content_version(OwnerRead.of(row))):
            raise VersionMismatch
        rows.stage_account_change(USERS, unit.transaction, row, columns)
        for column, value in columns.items():
            setattr(row, column, value)
        return row

    return OwnerRead.of(run_unit_of_work(decide))
