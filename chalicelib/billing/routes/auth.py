"""Verifiers of billing: members and stores, each for their own data."""

from __future__ import annotations

from chalicelib.billing.enums import OwnerType
from chalicelib.kit.auth import Account, Role, accepts

owner = accepts(Role.MEMBER, Role.STORE_OWNER)
member = accepts(Role.MEMBER)


def key(account: Account) -> tuple[OwnerType, str]:
    """Return the caller's owner type and owner id."""
    return OwnerType(account.role.value), account.id
