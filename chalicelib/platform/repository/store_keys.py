"""Keys in the row of a store."""

from __future__ import annotations

from pynamodb.expressions.condition import size

from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.platform.domain.store_keys import MAX_KEYS, StoredKey
from chalicelib.platform.models import Store


def stage_new_key(transaction: Transaction, store_id: str, key_id: str, key: StoredKey) -> None:
    """Add a key to a store in the transaction, which raises WriteConflict if it has MAX_KEYS, or one with this id."""
    entry = Store.api_keys[key_id]
    has_room = (size(Store.api_keys) < MAX_KEYS) & entry.does_not_exist()
    transaction.update(Store(store_id), [entry.set(key)], has_room, otherwise=WriteConflict())


def stage_key_removal(transaction: Transaction, store_id: str, key_id: str) -> None:
    """Remove a key from a store in the transaction, which raises WriteConflict if the store has no such key."""
    entry = Store.api_keys[key_id]
    transaction.update(Store(store_id), [entry.remove()], entry.exists(), otherwise=WriteConflict())
