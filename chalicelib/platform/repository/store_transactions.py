"""Transactions in stores' databases. Statements name the store's schema, and the transaction has its role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.sql.elements import quoted_name

from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
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

    A pooled connection that was lost is replaced once, before anything was executed. Raises ServerRefused, and
    StatementFailed for an error of the server.
    """
    with engines.translated(), _begun(engine, place) as connection:
        yield StoreTransaction(connection, place.server.dialect, place.schema)
        connection.commit()


def in_schema(connection: Connection, schema: str) -> Connection:
    """Return the connection, which runs statements over `store_database.tables` in this schema."""
    return connection.execution_options(schema_translate_map={None: quoted_name(schema, quote=True)})


@contextmanager
def _begun(engine: Engine, place: StorePlace) -> Iterator[Connection]:
    """Return a connection with an open transaction; retry once on a new connection if the pooled one was lost."""
    try:
        connection = _begin(engine, place)
    except StatementFailed as error:
        if error.reason is not FailureReason.DISCONNECTED:
            raise
        connection = _begin(engine, place)
    with connection:
        yield connection


def _begin(engine: Engine, place: StorePlace) -> Connection:
    with engines.translated():
        connection = in_schema(engine.connect(), place.schema).execution_options(**{engines.ROLE: place.role})
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
    return connection
