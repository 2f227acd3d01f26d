"""SQLAlchemy engines: how a transaction begins, how long it may take, and when an idle connection is pinged.

Nothing is set for a PostgreSQL session, because poolers in transaction mode share sessions: one message begins a
transaction and sets its role and limits (`SET LOCAL`). Options of a connection: `role` is that role.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy import Dialect as EngineDialect
from sqlalchemy.pool import NullPool, QueuePool

from chalicelib.integrations.sql import drivers, failures
from chalicelib.integrations.sql.deadlines import Cutoff
from chalicelib.integrations.sql.dialects import DIALECT_URLS
from chalicelib.integrations.sql.identifiers import quoted
from chalicelib.integrations.sql.servers import JOB_LIMITS, Dialect, Limits, Server
from chalicelib.kit import clock

ROLE = "backroom_role"
"""The option of a connection with the role of its transactions."""
_IDLE_SINCE = "idle_since"
_RECYCLE = timedelta(seconds=300)
_PING_AFTER = timedelta(seconds=30)
_CONCURRENT = 63
"""Connections beyond the pooled one, closed after use. A Lambda function serves one call at a time and opens none."""


def pooled_engine(server: Server, limits: Limits, load_allowed_hosts: Callable[[], Collection[str]]) -> Engine:
    """Return an engine that keeps one connection. Each new connection loads the allowed hosts."""
    return _engine(
        server,
        limits,
        load_allowed_hosts,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=_CONCURRENT,
        pool_recycle=int(_RECYCLE.total_seconds()),
    )


@contextmanager
def connect(server: Server, limits: Limits = JOB_LIMITS, allowed_hosts: Collection[str] = ()) -> Iterator[Connection]:
    """Open a connection without a pool, for a job. The caller commits; what is not committed is rolled back.

    Raises ServerRefused, and StatementFailed for an error of the server within the block.
    """
    engine = _engine(server, limits, lambda: allowed_hosts, poolclass=NullPool)
    try:
        with translated(), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def is_used(connection: Connection) -> bool:
    """Return whether the connection served an earlier transaction, so that it may be lost since. Ask before it begins."""
    return _IDLE_SINCE in connection.info


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of SQLAlchemy and the drivers as StatementFailed, without the server's text and the values."""
    try:
        yield
    except failures.DriverError as error:
        raise failures.statement_failure(error) from None


def _engine(
    server: Server, limits: Limits, load_allowed_hosts: Callable[[], Collection[str]], **options: Any
) -> Engine:
    engine = create_engine(DIALECT_URLS[server.dialect], hide_parameters=True, **_driver_options(server), **options)

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> Any:
        return drivers.open_connection(server, limits, load_allowed_hosts(), parameters)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        _begin_transaction(connection, server.dialect, limits)

    event.listen(engine, "before_cursor_execute", lambda connection, *_: _extend(connection))
    event.listen(engine, "commit", _extend)
    event.listen(engine, "rollback", _extend)
    event.listen(engine, "checkout", partial(_ping_idle, engine.dialect, limits))
    event.listen(engine, "checkin", _check_in)
    event.listen(engine, "invalidate", lambda _driver, record, _error: _cancel(record.info))
    event.listen(engine, "close", lambda _driver, record: _cancel(record.info))
    return engine


def _driver_options(server: Server) -> dict[str, Any]:
    return {"use_native_hstore": False} if server.dialect is Dialect.POSTGRESQL else {}


def _begin_transaction(connection: Connection, dialect: Dialect, limits: Limits) -> None:
    """Begin the transaction with one message. On a lost connection, invalidates it."""
    driver: Any = connection.connection.dbapi_connection
    _cancel(connection.info)
    connection.info["cutoff"] = _start_cutoff(driver, limits)
    try:
        if dialect is Dialect.POSTGRESQL:
            psycopg.Cursor(driver).execute(_begin_message(connection.get_execution_options().get(ROLE), limits))
        else:
            driver.begin()
    except failures.DriverError as error:
        if failures.is_disconnect(error):
            connection.invalidate(error)
        raise


def _start_cutoff(driver: Any, limits: Limits) -> Cutoff:
    """Start the deadline of the server's next answer."""
    fileno = driver.fileno() if isinstance(driver, psycopg.Connection) else driver._sock.fileno()
    return Cutoff(fileno, limits.unanswered)


def _begin_message(role: str | None, limits: Limits) -> bytes:
    """Return the message that begins a transaction of PostgreSQL and sets what holds until its end."""
    settings = [f"ROLE {quoted(role, Dialect.POSTGRESQL)}"] if role else []
    settings += [
        f"statement_timeout = '{limits.statement}s'",
        f"lock_timeout = '{limits.lock}s'",
        f"idle_in_transaction_session_timeout = '{limits.unanswered}s'",
        "search_path = ''",
    ]
    return "; ".join(["BEGIN", *(f"SET LOCAL {setting}" for setting in settings)]).encode()


def _extend(connection: Connection) -> None:
    cutoff = None if connection.invalidated else connection.info.get("cutoff")
    if cutoff is not None:
        cutoff.extend()


def _cancel(info: dict[Any, Any]) -> None:
    cutoff = info.pop("cutoff", None)
    if cutoff is not None:
        cutoff.cancel()


def _check_in(driver: Any, record: Any) -> None:
    """End the deadline and note the time. `driver` is None for a connection that is lost."""
    _cancel(record.info)
    if driver is not None:
        record.info[_IDLE_SINCE] = clock.now()


def _ping_idle(dialect: EngineDialect, limits: Limits, driver: Any, record: Any, _proxy: Any) -> None:
    """Check a connection that was idle for a while; the pool replaces one that is dead or does not answer."""
    since = record.info.get(_IDLE_SINCE)
    if since is None or clock.now() - since <= _PING_AFTER:
        return
    try:
        _ping(dialect, limits, driver)
    except failures.DriverError as error:
        raise exc.DisconnectionError from error


def _ping(dialect: EngineDialect, limits: Limits, driver: Any) -> None:
    cutoff = _start_cutoff(driver, limits)
    try:
        dialect.do_ping(driver)
    finally:
        cutoff.cancel()
