"""Rows of the accounts of owners and staff."""

from __future__ import annotations

from chalicelib.kit.accounts.rows import AccountTable
from chalicelib.platform.models import PlatformUser

_HAS_NO_STORES = PlatformUser.store_count.does_not_exist() | (PlatformUser.store_count == 0)

USERS = AccountTable("platform", PlatformUser, closable=_HAS_NO_STORES)
