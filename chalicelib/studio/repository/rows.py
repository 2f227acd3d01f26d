"""Writes that every catalogue table shares: add, update with a version, upsert, unique values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import Problem, VersionMismatch, WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.retries import retry_conflicts
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Table, Transaction, update_if

T = TypeVar("T", bound=Table)

UniqueWrites = Callable[[Transaction], None]
"""Adds the claims and releases of a row's unique values to the transaction that writes the row."""


class RowExists(WriteConflict):
    """A concurrent request added the row."""


class _NotUpdated(WriteConflict):
    """The row does not exist, or has another version."""


def add(row: Table, idempotency: Idempotency | None, answer: Schema) -> None:
    """Write a new row together with the answer for its Idempotency-Key. Raises RowExists.

    The key is checked first: concurrent requests with one key get one answer.
    """
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, answer)
        transaction.add(row, RowExists())


def add_unique_row(row: Table, idempotency: Idempotency | None, answer: Schema, stage_unique: UniqueWrites) -> None:
    """Write a new row as `add` does, with the claims of its unique values in the same transaction."""
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, answer)
        stage_unique(transaction)
        transaction.add(row)


def store_answer(idempotency: Idempotency | None, answer: Schema) -> None:
    """Store the answer for an Idempotency-Key whose request had nothing to write."""
    if idempotency:
        with Transaction() as transaction:
            idempotency.join(transaction, answer)


def update_row(row: T, values: dict[str, Any], version: datetime | None = None) -> bool:
    """Set these columns of the row with this key, and refresh `row`; None removes a column. Returns False if no row.

    Other columns keep what concurrent requests write, such as usage counts. `version` is the `updated_at` that the
    caller read. Raises VersionMismatch if the row has another.
    """
    kind = type(row)
    if update_if(row, stamped_actions(kind, values), version_condition(kind, version)):
        return True
    if version is not None and _exists(row):
        raise VersionMismatch
    return False


def update_unique_row(row: T, values: dict[str, Any], version: datetime | None, stage_unique: UniqueWrites) -> bool:
    """Update a row as `update_row` does, with its unique values claimed and released in the same transaction."""
    kind = type(row)
    try:
        with Transaction() as transaction:
            stage_unique(transaction)
            actions, condition = stamped_actions(kind, values), version_condition(kind, version)
            transaction.update(row, actions, condition, otherwise=_NotUpdated())
    except _NotUpdated:
        if version is not None and _exists(row):
            raise VersionMismatch from None
        return False
    row.refresh(consistent_read=True)
    return True


def put_row(row: Table, values: dict[str, Any]) -> None:
    """Update the row with this key, or write this one if there is none."""

    def write() -> None:
        if not update_row(row, values):
            with Transaction() as transaction:
                transaction.add(row, RowExists())

    retry_conflicts(write)


def put_unique_row(row: Table, values: dict[str, Any], stage_unique: UniqueWrites) -> None:
    """Write a row as `put_row` does, with its unique values claimed and released in the same transaction."""

    def write() -> None:
        if not update_unique_row(row, values, None, stage_unique):
            with Transaction() as transaction:
                stage_unique(transaction)
                transaction.add(row, RowExists())

    retry_conflicts(write)


def version_condition(kind: type[Table], version: datetime | None) -> Any:
    """Return the condition that the row exists and, with a version, that its `updated_at` equals it."""
    exists = getattr(kind, kind._hash_keyname or "").exists()
    return exists if version is None else exists & (kind.updated_at == version)  # type: ignore[attr-defined]


def stamped_actions(kind: type[Table], values: dict[str, Any]) -> list[Action]:
    """Return the actions that set these columns and `updated_at`; None removes a column."""
    columns = [(getattr(kind, name), value) for name, value in {**values, "updated_at": clock.now()}.items()]
    return [column.remove() if value is None else column.set(value) for column, value in columns]


def find_row(model: type[T], hash_key: str, range_key: str | None = None) -> T | None:
    """Return the row, read consistently, or None."""
    try:
        return model.get(hash_key, range_key, consistent_read=True)
    except model.DoesNotExist:
        return None


def get_row(model: type[T], otherwise: Problem, hash_key: str, range_key: str) -> T:
    """Return the row. Raises `otherwise` if there is none."""
    row = find_row(model, hash_key, range_key)
    if row is None:
        raise otherwise
    return row


def sort_rows(rows: Iterable[T]) -> list[T]:
    """Return the rows in the merchant's order, then by age."""
    return sorted(rows, key=lambda row: (row.sort_order, row.created_at, row.uuid))  # type: ignore[attr-defined]


def _exists(row: Table) -> bool:
    names = [type(row)._hash_keyname, type(row)._range_keyname]
    return find_row(type(row), *(getattr(row, name) for name in names if name)) is not None
