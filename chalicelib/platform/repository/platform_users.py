"""Accounts of owners and staff, as operators look them up."""

from __future__ import annotations

from chalicelib.kit import unique_values
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import get_many
from chalicelib.platform.enums import UserRole
from chalicelib.platform.models import PlatformUser


def find_platform_user(user_id: str) -> PlatformUser | None:
    """Return an account, or None."""
    try:
        return PlatformUser.get(user_id)
    except PlatformUser.DoesNotExist:
        return None


def find_platform_user_by_email(email: str) -> PlatformUser | None:
    """Return the account with this address in lower case, or None."""
    user_id = unique_values.owner_of(unique_values.value_key("platform", "users", "email", email))
    row = find_platform_user(user_id) if user_id else None
    return row if row is not None and row.email == email else None


def list_staff(role: UserRole, page: PageRequest) -> PageResult[PlatformUser]:
    """Return a page of the accounts of support or of admins."""
    keys = query_page(PlatformUser.by_staff_role.query(role.value, limit=page.limit, last_evaluated_key=page.start))
    rows = get_many([(PlatformUser, (key.id,)) for key in keys.items])
    return PageResult([row for row in rows if row], keys.last_key)
