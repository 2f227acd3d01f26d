"""Writes of a backup's rows into a new place. Each write is idempotent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import mysql, postgresql

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.store_rows import Row
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.repository.store_schema import sql_table
from chalicelib.platform.repository.store_transactions import StoreTransaction


def insert_missing_rows(transaction: StoreTransaction, schema: TableSchema, rows: Sequence[Row]) -> None:
    """Insert the rows whose key does not exist yet."""
    if not rows:
        return
    table = sql_table(schema)
    statement: Any
    if transaction.dialect is Dialect.POSTGRESQL:
        statement = postgresql.insert(table).on_conflict_do_nothing(index_elements=list(schema.key))
    else:
        key = schema.key[0]
        statement = mysql.insert(table)
        statement = statement.on_duplicate_key_update({key: statement.inserted[key]})
    transaction.connection.execute(statement, list(rows))


def set_column(transaction: StoreTransaction, schema: TableSchema, column: str, rows: Sequence[Row]) -> None:
    """Set one column of the rows with the ids of these rows."""
    if not rows:
        return
    table = sql_table(schema)
    statement = update(table).where(table.c.id == bindparam("row_id")).values({column: bindparam("row_value")})
    transaction.connection.execute(statement, [{"row_id": row["id"], "row_value": row[column]} for row in rows])
