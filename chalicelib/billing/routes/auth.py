"""Who may call billing: members and stores, each for themselves."""

from __future__ import annotations

from chalicelib.billing.enums import OwnerType
from chalicelib.kit.auth import Account, Role, accepts

owner = accepts(Role.MEMBER, Role.STORE_OWNER)
member = accepts(Role.MEMBER)


def key(account: Account) -> tuple[OwnerType, str]:
    """The caller as an owner: which kind, and the id."""
    return OwnerType(account.role.value), account.id
