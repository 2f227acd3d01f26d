"""Accounts of owners and staff, as operators look them up."""

from __future__ import annotations

from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.platform.errors import UserNotFound
from chalicelib.platform.repository import platform_users
from chalicelib.platform.schemas.platform_users import PlatformUserQuery, PlatformUserRead


def list_platform_users(query: PlatformUserQuery, page: PageRequest) -> PageResult[PlatformUserRead]:
    """Return the account of an address, none if there is none, or a page of the staff of a role."""
    if query.role is not None:
        return platform_users.list_staff(query.role, page).map(PlatformUserRead.of)
    row = platform_users.find_platform_user_by_email((query.email or "").strip().lower())
    return PageResult([PlatformUserRead.of(row)] if row else [])


def get_platform_user(user_id: str) -> PlatformUserRead:
    """Return an account. Raises UserNotFound."""
    row = platform_users.find_platform_user(user_id)
    if row is None:
        raise UserNotFound
    return PlatformUserRead.of(row)
