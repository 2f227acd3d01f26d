"""Migration of one store's tables by the rendered revisions. A run may be killed anywhere and repeated.

PostgreSQL: a transaction for each revision, under an advisory lock. MySQL commits each statement by itself: one that was
in flight when a run was killed is judged by what the schema has. `alembic_version` names the revision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Column, Connection, MetaData, String, Table, exists, insert, literal, select, text

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.database_errors import MigrationInProgress
from chalicelib.platform.repository import store_tables
from chalicelib.platform.repository.store_transactions import execute_as_written, in_schema
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.schema_changes import SchemaNames

Note = Callable[[int], None]
"""Called before each statement of MySQL with its index in the revision."""

_LOCK_SECONDS = 2
VERSION_TABLE = "alembic_version"
"""The technical table with the schema revision, which only migrations change."""
_VERSION = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
_BASELINE_ROW = insert(_VERSION).from_select(
    ["version_num"], select(literal(revisions.BASELINE)).where(~exists(select(_VERSION)))
)
_HAS_VERSION = text(
    "SELECT 1 FROM information_schema.tables WHERE table_schema = :schema AND table_name = 'alembic_version'"
)
_COLUMNS = text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = :schema")
_INDEXES = text("SELECT table_name, index_name FROM information_schema.statistics WHERE table_schema = :schema")


def read_revision(connection: Connection, schema: str) -> str | None:
    """Return the revision of a schema's tables; None if no `alembic_version` names one."""
    if connection.execute(_HAS_VERSION, {"schema": schema}).first() is None:
        return None
    return _read_version(in_schema(connection, schema))


def upgrade(
    connection: Connection, dialect: Dialect, schema: str, table_mark: str | None = None, note: Note | None = None
) -> str:
    """Migrate the tables of a schema to the newest revision and commit. Returns the revision that they had.

    Tables without a revision are at the first one; `alembic_version` is then created with `table_mark`. Later tables
    get the mark, too; without one, that of `alembic_version`. Raises RevisionUnknown if they have a revision that this
    version does not know, MigrationInProgress while another run migrates them, and StatementFailed.
    """
    current = read_revision(connection, schema)
    table_mark = table_mark or _mark_of_version_table(connection, dialect, schema)
    if current is None:
        execute_as_written(connection, revisions.version_table_statements(dialect, schema, table_mark))
        in_schema(connection, schema).execute(_BASELINE_ROW)
        current = revisions.BASELINE
    connection.commit()
    for revision in revisions.pending(current):
        if dialect is Dialect.POSTGRESQL:
            _upgrade_at_once(connection, schema, revision, table_mark)
        else:
            statements = revisions.statements(revision, dialect, schema, table_mark)
            _upgrade_by_statement(connection, schema, revision, statements, note)
    return current


def _mark_of_version_table(connection: Connection, dialect: Dialect, schema: str) -> str | None:
    """Return the mark of `alembic_version`, which names the store and the job that created it; None if it has none."""
    table = store_tables.list_tables(connection, dialect, schema).get(VERSION_TABLE)
    return None if table is None or table.mark is None else str(table.mark)


def _upgrade_at_once(connection: Connection, schema: str, revision: str, table_mark: str | None) -> None:
    """Execute a revision of PostgreSQL in one transaction; do nothing if another run did."""
    lock = text("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(:name, 0))")
    connection.execute(lock, {"name": _lock_name(schema)})
    scoped = in_schema(connection, schema)
    current = _read_version(scoped)
    if current is not None and current < revision:
        execute_as_written(connection, revisions.statements(revision, Dialect.POSTGRESQL, schema, table_mark))
        scoped.execute(_VERSION.update().values(version_num=revision))
    connection.commit()


def _upgrade_by_statement(
    connection: Connection, schema: str, revision: str, statements: Sequence[str], note: Note | None
) -> None:
    """Execute the statements of a revision of MySQL, without those that the schema shows to be executed."""
    lock = {"name": _lock_name(schema)}
    if not connection.execute(text("SELECT GET_LOCK(:name, :seconds)"), {**lock, "seconds": _LOCK_SECONDS}).scalar():
        raise MigrationInProgress
    try:
        names = _schema_names(connection, schema)
        steps = zip(statements, revisions.changes(revision, Dialect.MYSQL), strict=True)
        for index, (statement, change) in enumerate(steps):
            if not names.has(change):
                if note is not None:
                    note(index)
                execute_as_written(connection, (statement,))
        in_schema(connection, schema).execute(_VERSION.update().values(version_num=revision))
        connection.commit()
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), lock)
        connection.rollback()


def _schema_names(connection: Connection, schema: str) -> SchemaNames:
    parameters = {"schema": schema}
    columns = frozenset((str(row[0]), str(row[1])) for row in connection.execute(_COLUMNS, parameters))
    indexes = frozenset((str(row[0]), str(row[1])) for row in connection.execute(_INDEXES, parameters))
    return SchemaNames(columns, indexes)


def _lock_name(schema: str) -> str:
    """Return the name of a schema's lock; MySQL allows 64 characters."""
    return f"backroom:{schema}"[:64]


def _read_version(connection: Connection) -> str | None:
    return connection.execute(_VERSION.select()).scalar()
