"""Opens connections. All driver parameters are ours; an owner gives host, port, database, user, password and CA."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Collection, Mapping
from typing import Any

import psycopg
import pymysql
from psycopg.rows import TupleRow
from pymysql.constants import CLIENT

from chalicelib.integrations.sql import addresses, failures, tls
from chalicelib.integrations.sql.deadlines import Cutoff
from chalicelib.integrations.sql.dialects import SQL_MODE
from chalicelib.integrations.sql.errors import ServerRefused, ServerTooOld, ServerUnreachable
from chalicelib.integrations.sql.servers import Dialect, Limits, Server

_APPLICATION = "backroom"
_MIN_POSTGRESQL = 130000
_MIN_MYSQL = (8, 0, 16)
_MIN_MARIADB = (10, 6)


class BoundCursor(psycopg.Cursor[TupleRow]):
    """A cursor that sends every statement by the extended protocol, which allows one statement in a message."""

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:  # noqa: ARG002
        super()._execute_send(query, force_extended=True, binary=binary)


def open_connection(
    server: Server, limits: Limits, allowed_hosts: Collection[str], options: Mapping[str, Any] | None = None
) -> Any:
    """Return a new driver connection in autocommit mode. `options` are SQLAlchemy's own for the driver.

    Raises ServerRefused.
    """
    hosts = addresses.checked_addresses(server.host, server.port, allowed_hosts)
    try:
        if server.dialect is Dialect.POSTGRESQL:
            return _postgresql(server, limits, hosts, (options or {}).get("context"))
        return _mysql(server, limits, hosts)
    except (psycopg.Error, pymysql.MySQLError, OSError) as error:
        raise failures.server_refusal(error) from None
    except (ValueError, UnicodeError):  # a name that cannot be sent
        raise failures.server_refusal(OSError()) from None


def _postgresql(server: Server, limits: Limits, hosts: tuple[str, ...], context: Any) -> psycopg.Connection[TupleRow]:
    """Open a connection by libpq. Environment variables, service and password files have no effect."""
    verified = tls.is_verified(server)
    connection: psycopg.Connection[TupleRow] = psycopg.connect(
        host=",".join([server.host] * len(hosts)),
        hostaddr=",".join(hosts),
        port=server.port,
        dbname=server.database,
        user=server.username,
        password=server.password,
        passfile=os.devnull,
        sslmode="verify-full" if verified else "disable",
        sslrootcert=tls.root_file(server) if verified else "",
        sslcert="",
        sslkey="",
        sslcrl="",
        gssencmode="disable",
        connect_timeout=limits.connect,
        tcp_user_timeout=limits.unanswered * 1000,
        application_name=_APPLICATION,
        client_encoding="utf8",
        options="",
        autocommit=True,
        prepare_threshold=None,
        cursor_factory=BoundCursor,
        context=context,
    )
    if connection.info.server_version < _MIN_POSTGRESQL:
        connection.close()
        raise ServerTooOld
    return connection


def _mysql(server: Server, limits: Limits, hosts: tuple[str, ...]) -> pymysql.Connection[Any]:
    """Open a connection by PyMySQL, through a socket to the checked address."""
    verified = tls.is_verified(server)
    connection: pymysql.Connection[Any] = pymysql.Connection(
        host=server.host,
        port=server.port,
        database=server.database,
        user=server.username,
        password=server.password.encode(),
        charset="utf8mb4",
        collation="utf8mb4_bin",
        ssl=tls.context(server) if verified else None,
        ssl_disabled=not verified,
        read_timeout=limits.unanswered,
        write_timeout=limits.unanswered,
        local_infile=False,
        client_flag=CLIENT.FOUND_ROWS,
        autocommit=None,
        program_name=_APPLICATION,
        defer_connect=True,
    )
    peer = _connected_socket(hosts, server.port, limits.connect)
    cutoff = Cutoff(peer.fileno(), limits.unanswered)
    try:
        _log_in(connection, peer, limits)
    except BaseException:
        peer.close()
        raise
    finally:
        cutoff.cancel()
    return connection


def _log_in(connection: pymysql.Connection[Any], peer: socket.socket, limits: Limits) -> None:
    """Log in and set the session. PyMySQL reads the server's bytes unchecked: malformed ones raise any exception.

    Raises ServerUnreachable for malformed answers, ServerTooOld, MySQLError, OSError.
    """
    try:
        connection.connect(peer)
        _set_session(connection, limits)
    except (ServerRefused, pymysql.MySQLError, OSError):
        raise
    except Exception:
        raise ServerUnreachable from None


def _connected_socket(hosts: tuple[str, ...], port: int, timeout: int) -> socket.socket:
    """Return a socket to the first address that answers within `timeout` seconds. Raises OSError if none does."""
    for host in hosts[:-1]:
        try:
            return _socket(host, port, timeout)
        except OSError:
            continue
    return _socket(hosts[-1], port, timeout)


def _socket(host: str, port: int, timeout: int) -> socket.socket:
    peer = socket.create_connection((host, port), timeout)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return peer


def _set_session(connection: pymysql.Connection[Any], limits: Limits) -> None:
    """Check the version and set the session: strict, UTC, with limits. MySQL has a time limit for SELECT only."""
    version = str(connection.server_version)
    is_mariadb = "mariadb" in version.lower()
    numbers = tuple(int(number) for number in re.findall(r"\d+", version.removeprefix("5.5.5-"))[:3])
    if numbers < (_MIN_MARIADB if is_mariadb else _MIN_MYSQL):
        connection.close()
        raise ServerTooOld
    statement = f"max_statement_time={limits.statement}" if is_mariadb else f"max_execution_time={limits.statement}000"
    isolation = "tx_isolation" if is_mariadb else "transaction_isolation"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET autocommit=1, sql_mode='{SQL_MODE}', time_zone='+00:00', {isolation}='READ-COMMITTED', "
            f"innodb_lock_wait_timeout={limits.lock}, lock_wait_timeout={limits.statement}, {statement}"
        )
