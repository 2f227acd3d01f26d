"""The account of a store's owner, as far as stores read and write it."""

from __future__ import annotations

from chalicelib.kit.errors import Unauthenticated, WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.platform.models import PlatformUser


def get_owner(owner_id: str) -> PlatformUser:
    """Return the owner's active account, read consistently. Raises Unauthenticated if there is none."""
    try:
        row = PlatformUser.get(owner_id, consistent_read=True)
    except PlatformUser.DoesNotExist:
        row = None
    if row is None or not row.is_active:
        raise Unauthenticated("The account is closed.")
    return row


def stage_store_added(transaction: Transaction, owner_id: str, limit: int) -> None:
    """Count a store of the owner in the transaction, which raises WriteConflict without room or an active account."""
    count = PlatformUser.store_count
    is_active = PlatformUser.is_active == True  # noqa: E712
    transaction.update(
        PlatformUser(owner_id),
        [count.add(1)],
        condition=is_active & (count.does_not_exist() | (count < limit)),
        otherwise=WriteConflict(),
    )
