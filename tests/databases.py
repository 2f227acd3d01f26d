"""Real database servers for tests, shared by all test processes of this checkout, started at the first use."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pymysql
import pytest
from psycopg import sql

from infra.local.databases import unprivileged
from infra.local.databases.address import DatabaseServer, Dialect, ServerUnavailable
from infra.local.databases.file_locks import locked
from infra.local.databases.leases import ROOT, Lease
from tests.certificates import Certificate, issue, new_authority

__all__ = [
    "Database",
    "DatabaseServer",
    "Dialect",
    "authority",
    "mariadb_connection",
    "mariadb_database",
    "mariadb_server",
    "pgbouncer",
    "pooler",
    "postgresql",
    "postgresql_connection",
    "postgresql_database",
    "postgresql_server",
]


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh database and the login of its server's superuser."""

    dialect: Dialect
    host: str
    port: int
    name: str
    username: str
    password: str = field(repr=False)


def _directory() -> Path:
    """Return the directory of the servers of this checkout. It is below /tmp, which the user nobody can reach."""
    checkout = hashlib.sha256(f"{ROOT} {os.geteuid()}".encode()).hexdigest()[:12]
    directory = Path(tempfile.gettempdir()) / f"backroom-databases-{checkout}"
    directory.mkdir(mode=0o755, exist_ok=True)
    unprivileged.check_owner(directory)
    return directory


@cache
def _lease(kind: str) -> Lease:
    """Lease a server until this process ends. Raises ServerUnavailable."""
    return Lease(kind, _directory() / kind, durable=False, certificate=_certificate() if kind == "mariadb" else None)


@cache
def authority() -> Certificate:
    """Return the authority of this checkout's TLS servers."""
    text = _written_once("authority.json", lambda: json.dumps(dataclasses.asdict(new_authority()))).read_text()
    return Certificate(**json.loads(text))


def _certificate() -> Path:
    """Return the file of a certificate for 127.0.0.1 and localhost, and of its key."""

    def content() -> str:
        issued = issue(authority(), "127.0.0.1", "localhost")
        return issued.certificate + issued.key

    return _written_once("server.pem", content)


def _written_once(name: str, content: Callable[[], str]) -> Path:
    """Return a file of the directory of the servers; the first process writes it."""
    file = _directory() / name
    with locked(file.with_suffix(".lock")):
        if not file.exists():
            fresh = file.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(content())
            fresh.replace(file)
    return file


def postgresql() -> DatabaseServer:
    """Return the PostgreSQL server. Raises ServerUnavailable."""
    return _lease("postgresql").address


def pooler() -> DatabaseServer:
    """Return PgBouncer, or the PostgreSQL server where there is none. Raises ServerUnavailable if neither is."""
    try:
        return _lease("pgbouncer").address
    except ServerUnavailable:
        if os.environ.get("CI"):
            raise
        return postgresql()


def _server(kind: str) -> DatabaseServer:
    """Return a server; skip the test where it cannot be had, but fail in CI."""
    try:
        return _lease(kind).address
    except ServerUnavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgresql_server() -> DatabaseServer:
    """A PostgreSQL server, shared by all tests: names of databases and roles must be unique."""
    return _server("postgresql")


@pytest.fixture(scope="session")
def mariadb_server() -> DatabaseServer:
    """A MariaDB server, shared by all tests: names of databases and users must be unique. It offers TLS too."""
    return _server("mariadb")


@pytest.fixture(scope="session")
def pgbouncer() -> DatabaseServer:
    """PgBouncer in transaction mode, before `postgresql_server`; databases and logins are those of that server."""
    return _server("pgbouncer")


@pytest.fixture
def postgresql_database(postgresql_server: DatabaseServer) -> Iterator[Database]:
    """A fresh PostgreSQL database; dropped after the test, with its connections."""
    name = f"test_{uuid4().hex}"
    with postgresql_connection(postgresql_server) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield _database(postgresql_server, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def mariadb_database(mariadb_server: DatabaseServer) -> Iterator[Database]:
    """A fresh MariaDB database; dropped after the test."""
    name = f"test_{uuid4().hex}"
    with mariadb_connection(mariadb_server) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}`")
        yield _database(mariadb_server, name)
        cursor.execute(f"DROP DATABASE `{name}`")


def postgresql_connection(server: DatabaseServer | Database) -> psycopg.Connection:
    """Open an autocommit connection of the superuser to the database, or to `postgres` of a server."""
    return psycopg.connect(
        host=server.host,
        port=server.port,
        user=server.username,
        password=server.password,
        dbname=server.name if isinstance(server, Database) else "postgres",
        autocommit=True,
    )


def mariadb_connection(server: DatabaseServer | Database) -> pymysql.Connection:
    """Open an autocommit connection of the superuser to the database, or to none of a server."""
    return pymysql.connect(
        host=server.host,
        port=server.port,
        user=server.username,
        password=server.password,
        database=server.name if isinstance(server, Database) else None,
        autocommit=True,
    )


def _database(server: DatabaseServer, name: str) -> Database:
    return Database(server.dialect, server.host, server.port, name, server.username, server.password)
