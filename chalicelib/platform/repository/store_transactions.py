"""Transactions in stores' databases. Statements name the store's schema, and the transaction has its role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.sql.elements import quoted_name

from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.integrations.sql.identifiers import quoted
from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.store_places import StorePlace


@dataclass(frozen=True, slots=True)
class StoreTransaction:
    """An open transaction. Statements over `store_database.tables` run in the store's schema."""

    connection: Connection
    dialect: Dialect
    schema: str


@contextmanager
def open_transaction(engine: Engine, place: StorePlace) -> Iterator[StoreTransaction]:
    """Open a transaction in the store's schema; commit it at the end, or roll it back after an exception.

    A used connection that was lost is replaced once, before anything was executed. Raises ServerRefused, and
    StatementFailed for an error of the server.
    """
    with engines.translated(), _begun(engine, place) as connection:
        yield StoreTransaction(connection, place.server.dialect, place.schema)
        connection.commit()


@contextmanager
def savepoint(transaction: StoreTransaction) -> Iterator[None]:
    """Undo the block alone if it raises; the transaction stays usable. Raises StatementFailed for an error of the server."""
    with engines.translated(), transaction.connection.begin_nested():
        yield


def in_schema(connection: Connection, schema: str) -> Connection:
    """Return the connection, which runs statements over `store_database.tables` in this schema."""
    return connection.execution_options(schema_translate_map={None: quoted_name(schema, quote=True)})


def quoted_for(connection: Connection, name: str) -> str:
    """Return a name as a quoted identifier of the connection's server, for `execute_as_written`."""
    return quoted(name, Dialect(connection.dialect.name))


def execute_as_written(connection: Connection, statements: Iterable[str]) -> None:
    """Execute statements without parameters. A percent sign is written once: the drivers' formats are not applied."""
    for statement in statements:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


@contextmanager
def _begun(engine: Engine, place: StorePlace) -> Iterator[Connection]:
    """Return a connection with an open transaction; retry once on a new connection if a used one was lost."""
    connection = _connect(engine, place)
    is_used = engines.is_used(connection)
    try:
        _begin(connection)
    except StatementFailed as error:
        if error.reason is not FailureReason.DISCONNECTED or not is_used:
            raise
        connection = _connect(engine, place)
        _begin(connection)
    with connection:
        yield connection


def _connect(engine: Engine, place: StorePlace) -> Connection:
    with engines.translated():
        return engine.connect().execution_options(
            schema_translate_map={None: quoted_name(place.schema, quote=True)}, **{engines.ROLE: place.role}
        )


def _begin(connection: Connection) -> None:
    """Begin the transaction, or close the connection."""
    try:
        with engines.translated():
            connection.begin()
    except BaseException:
        connection.close()
        raise
