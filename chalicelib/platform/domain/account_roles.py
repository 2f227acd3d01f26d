"""The roles of accounts, and the roles of their tokens."""

from __future__ import annotations

from chalicelib.kit.auth import Role
from chalicelib.platform.enums import UserRole

STAFF = frozenset({UserRole.SUPPORT, UserRole.ADMIN})
TOKEN_ROLES = {
    UserRole.OWNER: Role.OWNER,
    UserRole.SUPPORT: Role.SUPPORT,
    UserRole.ADMIN: Role.OPERATOR,
}


def page_of(role: UserRole) -> str:
    """Return the path of the page of an account: the owner's page, or the operator's console."""
    return "/operator/app" if role in STAFF else "/platform/app"
