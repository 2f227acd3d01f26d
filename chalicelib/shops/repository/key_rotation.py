"""Sealed values that are sealed anew, while others read and write their rows."""

from __future__ import annotations

from functools import reduce
from operator import and_

from chalicelib.kit import clock
from chalicelib.kit.models import Lock
from chalicelib.kit.tables import Table, Transaction, get_many
from chalicelib.shops.repository.conditions import Overtaken


def replace(row: Table, values: dict[str, tuple[str, str]], lock: str | None) -> None:
    """Write each column's new value over its old one; `values` are (old, new) by column.

    Raises Overtaken, and writes nothing, where a value is another by now, the row is gone, or somebody holds `lock`:
    who does may have read the old values, and writes on condition that they still stand.
    """
    columns = type(row).get_attributes()
    unchanged = reduce(and_, (columns[name] == old for name, (old, _) in values.items()))
    actions = [columns[name].set(new) for name, (_, new) in values.items()]
    is_free = Lock.held_until.does_not_exist() | (Lock.held_until < clock.now())
    with Transaction() as transaction:
        transaction.update(row, actions, condition=unchanged, otherwise=Overtaken())
        if lock:
            transaction.check(Lock, [lock], is_free, otherwise=Overtaken())


def read(model: type[Table], key: tuple[str, ...]) -> Table | None:
    """The row as it is now, read consistently."""
    [row] = get_many([(model, key)], consistent=True)
    return row
