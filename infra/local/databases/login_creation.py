"""Creates the databases and logins of the local stack in its servers, unless they exist."""

from __future__ import annotations

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
    with (
        pymysql.connect(
            host=server.host, port=server.port, user=server.username, password=server.password, autocommit=True
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"CREATE DATABASE IF NOT EXISTS {OWNER}")
        cursor.execute(f"CREATE USER IF NOT EXISTS '{OWNER}'@'%%' IDENTIFIED BY %s", [PASSWORDS[OWNER]])
        cursor.execute(f"GRANT ALL PRIVILEGES ON {OWNER}.* TO '{OWNER}'@'%' WITH GRANT OPTION")
        cursor.execute(f"GRANT CREATE USER ON *.* TO '{OWNER}'@'%'")
