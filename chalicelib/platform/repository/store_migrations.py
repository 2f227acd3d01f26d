"""Migration of one store's tables by the rendered revisions. A run may be killed anywhere and repeated.

PostgreSQL: a transaction for each revision, under an advisory lock. MySQL commits each statement by itself: one that was
in flight when a run was killed is judged by what the schema has. `alembic_version` names the revision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, text
from sqlalchemy.sql.elements import quoted_name

from chalicelib.integrations.sql.identifiers import quoted
from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.errors import MigrationInProgress
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.schema_changes import SchemaNames

Note = Callable[[int], None]
"""Called before each statement of MySQL with its index in the revision."""

_LOCK_SECONDS = 2
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
_COLUMNS = text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = :schema")
_INDEXES = text("SELECT table_name, index_name FROM information_schema.statistics WHERE table_schema = :schema")


def create_table(connection: Connection, place: StorePlace, table: str, table_mark: str) -> None:
    """Create one table at the first revision, with its mark, and commit."""
    _execute(connection, revisions.table_statements(table, place.server.dialect, place.schema, table_mark))
    connection.commit()


def read_revision(connection: Connection, place: StorePlace) -> str | None:
    """Return the revision of the store's tables; None if `alembic_version` does not name one."""
    if not inspect(connection).has_table(_VERSION.name, schema=place.schema):
        return None
    return _read_version(_scoped(connection, place))


def upgrade(connection: Connection, place: StorePlace, target: str = revisions.HEAD, note: Note | None = None) -> str:
    """Migrate the store's tables to `target` and commit. Returns the revision that they had.

    Tables without a revision are at the first one. Raises RevisionUnknown if they have one that this version does not
    know, MigrationInProgress while another run migrates them, and StatementFailed.
    """
    before = read_revision(connection, place)
    if before is None:
        _write_baseline(connection, place)
    connection.rollback()
    for revision in revisions.pending(before or revisions.BASELINE, target):
        if place.server.dialect is Dialect.POSTGRESQL:
            _upgrade_at_once(connection, place, revision)
        else:
            _upgrade_by_statement(connection, place, revision, note)
    return before or revisions.BASELINE


def _write_baseline(connection: Connection, place: StorePlace) -> None:
    """Make the table of the revision, and name the first one. Concurrent runs write the same."""
    name = f"{quoted(place.schema, place.server.dialect)}.{_VERSION.name}"
    ignore = " ON CONFLICT DO NOTHING" if place.server.dialect is Dialect.POSTGRESQL else ""
    insert = "INSERT" if place.server.dialect is Dialect.POSTGRESQL else "INSERT IGNORE"
    _execute(
        connection,
        (
            f"CREATE TABLE IF NOT EXISTS {name} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
            f"{insert} INTO {name} (version_num) VALUES ('{revisions.BASELINE}'){ignore}",
        ),
    )
    connection.commit()


def _upgrade_at_once(connection: Connection, place: StorePlace, revision: str) -> None:
    """Execute a revision of PostgreSQL in one transaction; do nothing if another run did."""
    lock = text("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(:name, 0))")
    connection.execute(lock, {"name": _lock_name(place)})
    scoped = _scoped(connection, place)
    current = _read_version(scoped)
    if current is not None and current < revision:
        _execute(connection, revisions.statements(revision, place.server.dialect, place.schema))
        scoped.execute(_VERSION.update().values(version_num=revision))
    connection.commit()


def _upgrade_by_statement(connection: Connection, place: StorePlace, revision: str, note: Note | None) -> None:
    """Execute a revision of MySQL, without the statements that the schema shows to be executed."""
    lock = {"name": _lock_name(place)}
    if not connection.execute(text("SELECT GET_LOCK(:name, :seconds)"), {**lock, "seconds": _LOCK_SECONDS}).scalar():
        raise MigrationInProgress
    try:
        names = _schema_names(connection, place)
        steps = zip(
            revisions.statements(revision, place.server.dialect, place.schema),
            revisions.changes(revision, place.server.dialect),
            strict=True,
        )
        for index, (statement, change) in enumerate(steps):
            if not names.has(change):
                if note is not None:
                    note(index)
                _execute(connection, (statement,))
        _scoped(connection, place).execute(_VERSION.update().values(version_num=revision))
        connection.commit()
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), lock)
        connection.rollback()


def _schema_names(connection: Connection, place: StorePlace) -> SchemaNames:
    schema = {"schema": place.schema}
    columns = frozenset((str(row[0]), str(row[1])) for row in connection.execute(_COLUMNS, schema))
    indexes = frozenset((str(row[0]), str(row[1])) for row in connection.execute(_INDEXES, schema))
    return SchemaNames(columns, indexes)


def _lock_name(place: StorePlace) -> str:
    """Return the name of a schema's lock; MySQL allows 64 characters."""
    return f"backroom:{place.schema}"[:64]


def _scoped(connection: Connection, place: StorePlace) -> Connection:
    """Return the connection with the store's schema for statements over tables."""
    return connection.execution_options(schema_translate_map={None: quoted_name(place.schema, quote=True)})


def _read_version(connection: Connection) -> str | None:
    return connection.execute(_VERSION.select()).scalar()


def _execute(connection: Connection, statements: Iterable[str]) -> None:
    """Execute statements as they are, a percent sign included."""
    for statement in statements:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
