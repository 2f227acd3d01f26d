"""Writes of key rotation: encrypted values are replaced while other processes read and write their rows."""

from __future__ import annotations

from functools import reduce
from operator import and_

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.models import Lock
from chalicelib.kit.tables import Table, Transaction, get_many


def replace_encrypted_values(row: Table, values: dict[str, tuple[str, str]], lock: str | None) -> None:
    """Replace the columns' values; `values` are (old, new) by column.

    Raises WriteConflict, and writes nothing, if a value has changed, the row was deleted, or another process holds
    `lock`: it may have read the old values, and writes on condition that they are unchanged.
    """
    columns = type(row).get_attributes()
    is_unchanged = reduce(and_, (columns[name] == old for name, (old, _) in values.items()))
    actions = [columns[name].set(new) for name, (_, new) in values.items()]
    is_free = Lock.held_until.does_not_exist() | (Lock.held_until < clock.now())
    with Transaction() as transaction:
        transaction.update(row, actions, condition=is_unchanged, otherwise=WriteConflict())
        if lock:
            transaction.check(Lock, [lock], is_free, otherwise=WriteConflict())


def find(model: type[Table], key: tuple[str, ...]) -> Table | None:
    """Return the row with a consistent read; None if there is none."""
    [row] = get_many([(model, key)], consistent=True)
    return row
