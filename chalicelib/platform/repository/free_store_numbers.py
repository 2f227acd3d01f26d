"""The numbers that an owner's free stores on shared servers hold: unique values, 0 to 4."""

from __future__ import annotations

from collections.abc import Collection

from chalicelib.kit import clock, unique_values
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import Otherwise, Transaction, get_many
from chalicelib.platform.domain.plan_limits import is_on_free_plan
from chalicelib.platform.enums import DatabaseType
from chalicelib.platform.models import Store

COUNT = 5
"""Free stores of one owner on shared servers."""


def list_holders(owner_id: str) -> list[str | None]:
    """Return the store that holds each number, None for a free number; one read."""
    rows = get_many([(UniqueValue, (_name(owner_id, number),)) for number in range(COUNT)], consistent=True)
    return [row.owner if row else None for row in rows]


def find_free_stores(store_ids: Collection[str]) -> set[str]:
    """Return which of these stores are on the free plan, and on a shared server or nowhere yet; one read."""
    rows, now = get_many([(Store, (store_id,)) for store_id in store_ids], consistent=True), clock.now()
    return {
        row.id
        for row in rows
        if row is not None and is_on_free_plan(row, now) and row.database_type in (None, DatabaseType.SHARED)
    }


def stage_claim(transaction: Transaction, store: Store, number: int, holder: str | None, otherwise: Otherwise) -> None:
    """Claim a number for the store in the transaction, which raises `otherwise` if another than `holder` has it."""
    row = UniqueValue(guard=_name(store.owner_id, number), owner=store.id, created_at=clock.now())
    is_same = UniqueValue.guard.does_not_exist() if holder is None else UniqueValue.owner == holder
    transaction.put(row, condition=is_same, otherwise=otherwise)


def stage_release(transaction: Transaction, store: Store, number: int) -> None:
    """Release the store's number in the transaction."""
    unique_values.release(transaction, _name(store.owner_id, number), store.id)


def _name(owner_id: str, number: int) -> str:
    return unique_values.value_key("platform", "stores", "free_shared", owner_id, str(number))
