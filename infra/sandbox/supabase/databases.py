"""The databases of projects: each a database of one PostgreSQL server, owned by a role that can create roles.

Supabase gives each project a server; here roles of all projects share one, so their names must differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from infra.local.databases.address import DatabaseServer


def database_of(ref: str) -> str:
    """Return the name of a project's database and of the role that its owner knows as `postgres`."""
    return f"supabase_{ref}"


def create_database(server: DatabaseServer, ref: str, password: str) -> None:
    """Create a project's role and database."""
    name = sql.Identifier(database_of(ref))
    with _connection(server) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB BYPASSRLS PASSWORD {}").format(
                name, sql.Literal(password)
            )
        )
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


def drop_database(server: DatabaseServer, ref: str) -> None:
    """Drop a project's database with its connections, its role, and the roles that this one created."""
    name = database_of(ref)
    with _connection(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        roles = connection.execute(
            "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles o ON o.oid = m.member"
            " WHERE o.rolname = %s AND m.admin_option",
            (name,),
        )
        for (role,) in [*roles.fetchall(), (name,)]:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@contextmanager
def _connection(server: DatabaseServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host=server.host,
        port=server.port,
        user=server.username,
        password=server.password,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        yield connection
