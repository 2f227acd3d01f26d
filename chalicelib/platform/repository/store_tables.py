"""The tables of a store's schema: which exist, their marks, rights and removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, literal, select, table, text
from sqlalchemy.sql.elements import quoted_name

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.table_marks import TableMark, parse_mark
from chalicelib.platform.repository.store_schemas import RIGHTS
from chalicelib.platform.repository.store_transactions import execute_as_written, quoted_for

_TABLES = {
    Dialect.POSTGRESQL: """
SELECT c.relname, obj_description(c.oid, 'pg_class'), c.relkind IN ('r', 'p')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
""",
    Dialect.MYSQL: """
SELECT table_name, table_comment, table_type = 'BASE TABLE' FROM information_schema.tables WHERE table_schema = :schema
""",
}


@dataclass(frozen=True, slots=True)
class ExistingTable:
    """A table or view of a schema. `mark` is None if none of our jobs created it."""

    name: str
    mark: TableMark | None
    is_table: bool


def list_tables(connection: Connection, dialect: Dialect, schema: str) -> dict[str, ExistingTable]:
    """Return the tables and views of a schema by name, with one query."""
    rows = connection.execute(text(_TABLES[dialect]), {"schema": schema}).all()
    return {name: ExistingTable(name, parse_mark(comment), bool(is_table)) for name, comment, is_table in rows}


def lock_tables(connection: Connection, dialect: Dialect, schema: str) -> None:
    """Wait until no other worker creates or drops tables of the schema.

    The lock ends with the transaction in PostgreSQL, with the connection in MySQL.
    """
    if dialect is Dialect.POSTGRESQL:
        key = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        connection.execute(key, {"name": f"backroom:{schema}"})
    else:
        connection.execute(text("SELECT GET_LOCK(SHA1(:name), 60)"), {"name": f"backroom:{schema}"})


def grant_table(connection: Connection, dialect: Dialect, name: str, grantee: str) -> None:
    """Let a role or login read and write the rows of a table, whose name is quoted."""
    role = quoted_for(connection, grantee)
    account = f"{role}@'%'" if dialect is Dialect.MYSQL else role
    execute_as_written(connection, [f"GRANT {RIGHTS} ON {name} TO {account}"])


def grant_tables(connection: Connection, dialect: Dialect, schema: str, tables: Sequence[str], grantee: str) -> None:
    """Let a role or login read and write the rows of these tables of the schema."""
    for name in tables:
        grant_table(connection, dialect, qualified(connection, schema, name), grantee)


def is_empty(connection: Connection, schema: str, name: str) -> bool:
    """Return whether a table has no row."""
    source = table(name, schema=quoted_name(schema, quote=True))
    return connection.execute(select(literal(1)).select_from(source).limit(1)).first() is None


def drop_table(connection: Connection, name: str) -> None:
    """Drop a table, whose name is quoted."""
    execute_as_written(connection, [f"DROP TABLE {name}"])


def qualified(connection: Connection, schema: str, name: str) -> str:
    """Return the quoted name of a table with its schema."""
    return f"{quoted_for(connection, schema)}.{quoted_for(connection, name)}"
