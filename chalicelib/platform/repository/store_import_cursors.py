"""Cursors of imports in a store's database. A cursor is written in the transaction of the rows that it counts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from chalicelib.kit import clock
from chalicelib.platform.domain.csv_records import FilePosition
from chalicelib.platform.domain.transfers import ImportCursor, RowFailure
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.cursors import CURSORS

_KEEP = timedelta(days=30)
"""The retention of a cursor: that of the rows of transfers."""


def find_cursor(transaction: StoreTransaction, transfer_id: str) -> ImportCursor | None:
    """Return the cursor of an import; None if it has not begun in this database."""
    row = transaction.connection.execute(select(CURSORS).where(CURSORS.c.id == transfer_id)).mappings().first()
    if row is None:
        return None
    return ImportCursor(
        FilePosition(row["byte_offset"], row["line_number"]),
        row["rows_read"],
        row["rows_created"],
        row["rows_updated"],
        row["rows_failed"],
        tuple(RowFailure(*each) for each in json.loads(row["errors"] or "[]")),
    )


def add_cursor(transaction: StoreTransaction, transfer_id: str, cursor: ImportCursor) -> None:
    """Add the first cursor of an import, and delete expired cursors."""
    stale = clock.now() - _KEEP
    transaction.connection.execute(delete(CURSORS).where(CURSORS.c.updated_at < stale))
    transaction.connection.execute(insert(CURSORS).values(id=transfer_id, **_values(cursor)))


def advance_cursor(transaction: StoreTransaction, transfer_id: str, before: ImportCursor, after: ImportCursor) -> bool:
    """Replace the cursor of an import. Returns False on a write conflict: another worker has moved it."""
    statement = (
        update(CURSORS)
        .where(CURSORS.c.id == transfer_id, CURSORS.c.byte_offset == before.position.offset)
        .values(**_values(after))
    )
    return bool(transaction.connection.execute(statement).rowcount)


def delete_cursor(transaction: StoreTransaction, transfer_id: str) -> None:
    """Delete the cursor of an ended import."""
    transaction.connection.execute(delete(CURSORS).where(CURSORS.c.id == transfer_id))


def _values(cursor: ImportCursor) -> dict[str, Any]:
    failures = [each.as_json() for each in cursor.unreported]
    return {
        "byte_offset": cursor.position.offset,
        "line_number": cursor.position.line,
        "rows_read": cursor.rows_read,
        "rows_created": cursor.rows_created,
        "rows_updated": cursor.rows_updated,
        "rows_failed": cursor.rows_failed,
        "errors": json.dumps(failures, ensure_ascii=False) if failures else None,
        "updated_at": clock.now(),
    }
