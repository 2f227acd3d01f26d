"""Uniqueness beyond a table's key: a guard item a claimed value, in the transaction that writes the row."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import Otherwise, Transaction


def value_key(context: str, table: str, field: str, *values: str) -> str:
    """The guard's name: `context/table/field/value…`. A `/` in a value cannot make two values one."""
    return "/".join([context, table, field, *(value.replace("%", "%25").replace("/", "%2F") for value in values)])


def claim(transaction: Transaction, name: str, owner: str, otherwise: Otherwise, until: datetime | None = None) -> None:
    """Take the value for `owner` in the transaction, which fails with `otherwise` if another holds it.

    `until` is for rows that expire: the value is free again when its row is gone.
    """
    now = clock.now()
    row = UniqueValue(guard=name, owner=owner, created_at=now, expires_epoch=until)
    free = UniqueValue.guard.does_not_exist() | (UniqueValue.owner == owner) | (UniqueValue.expires_epoch < now)
    transaction.put(row, condition=free, otherwise=otherwise)


def release(transaction: Transaction, name: str, owner: str) -> None:
    """Give the value back in the transaction, if `owner` holds it."""
    row = UniqueValue(guard=name, owner=owner, created_at=clock.now())
    transaction.delete(row, condition=UniqueValue.guard.does_not_exist() | (UniqueValue.owner == owner))


def owner_of(name: str) -> str | None:
    """Who holds the value, read consistently; None where nobody does."""
    try:
        return UniqueValue.get(name, consistent_read=True).owner
    except UniqueValue.DoesNotExist:
        return None
