"""The limit on an owner's free stores on shared servers: each holds one of five numbers, a unique value."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import FreeStoresLimit
from chalicelib.platform.domain.plan_limits import is_on_free_plan
from chalicelib.platform.models import Store
from chalicelib.platform.repository import free_store_numbers


def stage_free_store(transaction: Transaction, store: Store) -> None:
    """Claim a number for a store on the free plan in the transaction. Raises FreeStoresLimit if none is free.

    A number of a store that left the free plan or the shared servers is free.
    """
    if not is_on_free_plan(store, clock.now()):
        return
    holders = free_store_numbers.list_holders(store.owner_id)
    if store.id in holders:
        return
    free_stores = free_store_numbers.find_free_stores({holder for holder in holders if holder is not None})
    for number, holder in enumerate(holders):
        if holder not in free_stores:
            free_store_numbers.stage_claim(transaction, store, number, holder, WriteConflict())
            return
    raise FreeStoresLimit(f"At most {len(holders)} free stores can be on shared servers.")


def stage_free_store_end(transaction: Transaction, store: Store) -> None:
    """Give the store's number back in the transaction, if it holds one."""
    holders = free_store_numbers.list_holders(store.owner_id)
    if store.id in holders:
        free_store_numbers.stage_release(transaction, store, holders.index(store.id))
