"""Real database servers for tests, shared by all test processes of this checkout, started at the first use."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pymysql
import pytest
from psycopg import sql

from infra.local.databases.address import DatabaseServer, Dialect, ServerUnavailable
from infra.local.databases.leases import ROOT, Lease

__all__ = [
    "Database",
    "DatabaseServer",
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


@cache
def _lease(kind: str) -> Lease:
    """Lease a server until this process ends. Raises ServerUnavailable."""
    checkout = hashlib.sha256(f"{ROOT} {os.geteuid()}".encode()).hexdigest()[:12]
    return Lease(kind, Path(tempfile.gettempdir()) / f"backroom-databases-{checkout}" / kind, durable=False)


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
    """A MariaDB server, shared by all tests: names of databases and users must be unique."""
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
