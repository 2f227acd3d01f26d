"""Snapshots of a store's rows: all pages of all tables are read in one read-only transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.store_filters import SortKey
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.domain.store_rows import Row, key_of
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.repository import store_rows
from chalicelib.platform.repository.store_rows import RowQuery
from chalicelib.platform.repository.store_transactions import StoreTransaction, in_schema

PAGE_ROWS = 500

_STATEMENTS = {
    Dialect.POSTGRESQL: ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
    Dialect.MYSQL: (
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
}
"""Each of MySQL ends the transaction that the driver began. Source: manuals of PostgreSQL and MySQL, "SET TRANSACTION"."""


@contextmanager
def open_snapshot(connection: Connection, place: StorePlace) -> Iterator[StoreTransaction]:
    """Open a transaction that sees the store's rows as they are now. Raises StatementFailed.

    The connection is a single one: it is not used for anything else afterwards.
    """
    dialect = place.server.dialect
    scoped = in_schema(connection.execution_options(**{engines.ROLE: place.role}), place.schema)
    with engines.translated(), scoped.begin():
        for statement in _STATEMENTS[dialect]:
            scoped.exec_driver_sql(statement)
        yield StoreTransaction(scoped, dialect, place.schema)


def iterate_pages(
    transaction: StoreTransaction, schema: TableSchema, columns: Sequence[str], page_rows: int = PAGE_ROWS
) -> Iterator[list[Row]]:
    """Yield all rows of a table in the order of their keys, a page at a time; the last page may be empty."""
    sort = tuple(SortKey(name) for name in schema.key)
    names = (*columns, *(name for name in schema.key if name not in columns))
    after = None
    while True:
        rows = store_rows.list_rows(transaction, schema, RowQuery(names, (), sort, after, page_rows))
        yield rows
        if len(rows) < page_rows:
            return
        after = key_of(schema, rows[-1])
