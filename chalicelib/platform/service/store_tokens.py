"""Access tokens of a store, with which its owner uses billing and the data API."""

from __future__ import annotations

from chalicelib.kit import auth
from chalicelib.kit.auth import Account
from chalicelib.platform.errors import StoreDeleting
from chalicelib.platform.schemas.store_tokens import StoreTokenRead
from chalicelib.platform.service.store_access import get_accessible_store
from chalicelib.platform.service.store_registration import register_store


def issue_token(owner: Account, store_id: str) -> StoreTokenRead:
    """Return an access token of the owner's store, which belongs to the owner's session. Raises StoreNotFound, StoreDeleting.

    Registers the store first: a crash right after its creation may have left it unknown to billing.
    """
    store = get_accessible_store(owner, store_id)
    if store.deletion_due_at is not None:
        raise StoreDeleting
    register_store(store)
    return StoreTokenRead(
        access_token=auth.mint_store_token(store_id, owner), expires_in=int(auth.LIFETIME.total_seconds())
    )
