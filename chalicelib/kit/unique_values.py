"""Unique constraints beyond a table's key: one item per claimed value, written in the row's transaction."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import Otherwise, Transaction


def value_key(context: str, table: str, field: str, *values: str) -> str:
    """Return the key of a unique value: `context/table/field/value…`, with `/` and `%` in values escaped."""
    return "/".join([context, table, field, *(value.replace("%", "%25").replace("/", "%2F") for value in values)])


def claim(transaction: Transaction, name: str, owner: str, otherwise: Otherwise, until: datetime | None = None) -> None:
    """Claim the value for `owner` in the transaction, which raises `otherwise` if another owner has it.

    `until` is for rows that expire: the value becomes free at the same time.
    """
    now = clock.now()
    row = UniqueValue(guard=name, owner=owner, created_at=now, expires_epoch=until)
    free = UniqueValue.guard.does_not_exist() | (UniqueValue.owner == owner) | (UniqueValue.expires_epoch < now)
    transaction.put(row, condition=free, otherwise=otherwise)


def release(transaction: Transaction, name: str, owner: str) -> None:
    """Release the value in the transaction if `owner` has it."""
    row = UniqueValue(guard=name, owner=owner, created_at=clock.now())
    transaction.delete(row, condition=UniqueValue.guard.does_not_exist() | (UniqueValue.owner == owner))


def owner_of(name: str) -> str | None:
    """Return the owner of the value, read consistently; None if it is free."""
    try:
        return UniqueValue.get(name, consistent_read=True).owner
    except UniqueValue.DoesNotExist:
        return None
