"""Creates the databases and logins of the local stack in its servers, unless they exist."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pymysql
from psycopg import sql

from infra.local.databases.address import DatabaseServer
from infra.local.databases.local_logins import DATABASE_OWNERS, OWNER, PASSWORDS, ROLE_OPTIONS


def create_in_postgresql(server: DatabaseServer) -> None:
    """Create what is missing in the PostgreSQL server."""
    with psycopg.connect(
        host=server.host,
        port=server.port,
        user=server.username,
        password=server.password,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for name in ROLE_OPTIONS.keys() - roles:
            statement = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
            login = sql.Identifier(name), sql.SQL(ROLE_OPTIONS[name]), sql.Literal(PASSWORDS[name])
            connection.execute(statement.format(*login))
        databases = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for name, owner in DATABASE_OWNERS.items():
            if name not in databases:
                statement = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))


def create_in_mariadb(server: DatabaseServer) -> None:
    """Create what is missing in the MariaDB server. The owner may create users there, with their own privileges."""
    with _mariadb_cursor(server) as cursor:
        cursor.execute(f"CREATE USER IF NOT EXISTS '{OWNER}'@'%%' IDENTIFIED BY %s", [PASSWORDS[OWNER]])
        cursor.execute(f"GRANT CREATE USER ON *.* TO '{OWNER}'@'%'")
    add_mariadb_database(server, OWNER)


def add_mariadb_database(server: DatabaseServer, name: str) -> None:
    """Create a database for the owner's login on the MariaDB server, unless it exists. `name` must need no quotes."""
    with _mariadb_cursor(server) as cursor:
        cursor.execute(f"CREATE DATABASE IF NOT EXISTS {name}")
        cursor.execute(f"GRANT ALL PRIVILEGES ON {name}.* TO '{OWNER}'@'%' WITH GRANT OPTION")


@contextmanager
def _mariadb_cursor(server: DatabaseServer) -> Iterator[pymysql.cursors.Cursor]:
    """Log in as the superuser."""
    with (
        pymysql.connect(
            host=server.host, port=server.port, user=server.username, password=server.password, autocommit=True
        ) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor
