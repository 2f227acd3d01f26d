"""Access to stores: an owner to their own, an operator and support to all of them."""

from __future__ import annotations

from chalicelib.kit.auth import Account, Role
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Store
from chalicelib.platform.repository import stores


def get_accessible_store(account: Account, store_id: str) -> Store:
    """Return a store that the account may see, read consistently: one read. Raises StoreNotFound."""
    row = stores.get_store(store_id)
    if account.role is Role.OWNER and row.owner_id != account.id:
        raise StoreNotFound
    return row
