"""Servers for provisioning tests: a shared one, one of an owner on PostgreSQL or MariaDB, and Supabase's sandbox."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.kit import clock
from chalicelib.platform.models import PlatformSetting, Store
from infra.sandbox.supabase import SANDBOX_ACCESS_TOKEN, SANDBOX_ORGANIZATIONS, SupabaseSandbox
from infra.sandbox.supabase.databases import database_of
from tests.databases import Database, mariadb_connection, postgresql_connection

REGION = "eu-central-1"
_PASSWORD = "only-in-tests"
_OWN_ROLES = """
SELECT DISTINCT r.rolname FROM pg_shdepend AS d JOIN pg_roles AS r ON d.refobjid = r.oid
JOIN pg_database AS b ON b.oid = d.dbid WHERE b.datname = current_database() AND r.rolname ~ '^[bs]_[0-9a-f]{30,32}$'
"""
_MARKS = {
    Dialect.POSTGRESQL: """
SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'r'
""",
    Dialect.MYSQL: "SELECT table_name, table_comment FROM information_schema.tables WHERE table_schema = %s",
}


@dataclass(frozen=True, slots=True)
class ServerOfTest:
    """A server that a store may use: the request's `database`, and how the test looks into it as a superuser."""

    body: dict[str, Any]
    dialect: Dialect
    connect: Callable[[], Any]
    schema_of: Callable[[Store], str]

    def query(self, statement: str, *values: Any) -> list[Any]:
        """Return the rows of a statement."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def comments(self, store: Store) -> dict[str, str | None]:
        """Return the comment of each table of the store's schema."""
        return dict(self.query(_MARKS[self.dialect], self.schema_of(store)))


def drop_store_roles(connection: psycopg.Connection) -> None:
    """Drop the roles of stores in a database, with the tables that they see."""
    for (role,) in connection.execute(_OWN_ROLES).fetchall():
        _drop_role(connection, role)


def _drop_role(connection: psycopg.Connection, role: str) -> None:
    connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
    connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def shared_server(postgresql_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerOfTest]:
    """The only shared server of the region; its logins are no superusers."""
    suffix = uuid4().hex[:12]
    admin, login = f"admin_{suffix}", f"stores_{suffix}"
    monkeypatch.setitem(os.environ, "SHARED_ADMIN_PASSWORD", _PASSWORD)
    monkeypatch.setitem(os.environ, "SHARED_STORES_PASSWORD", _PASSWORD)
    with postgresql_connection(postgresql_database) as connection:
        for name, options in ((admin, sql.SQL("CREATEROLE")), (login, sql.SQL("NOINHERIT"))):
            statement = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(name), options, sql.Literal(_PASSWORD)))
        database = sql.Identifier(postgresql_database.name)
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, sql.Identifier(admin)))
        put_shared_servers(setting_of("one", postgresql_database, admin, login))
        yield ServerOfTest(
            {"type": "shared"},
            Dialect.POSTGRESQL,
            lambda: postgresql_connection(postgresql_database),
            lambda store: f"s_{store.id.replace('-', '')}",
        )
        drop_store_roles(connection)
        for name in (admin, login):
            _drop_role(connection, name)


def setting_of(name: str, database: Database, admin: str, login: str, **options: object) -> dict[str, object]:
    """Return a server of the setting."""
    return {
        "name": name,
        "region": REGION,
        "host": database.host,
        "port": database.port,
        "database": database.name,
        "username": login,
        "password_secret": "SHARED_STORES_PASSWORD",
        "admin_username": admin,
        "admin_password_secret": "SHARED_ADMIN_PASSWORD",
        **options,
    }


def put_shared_servers(*servers: dict[str, object]) -> None:
    """Write the setting `shared_servers`."""
    PlatformSetting("shared_servers", value={"servers": servers}, version=1, updated_at=clock.now()).save()


def body_of(kind: str, database: Database, **options: Any) -> dict[str, Any]:
    """Return a request's `database` for an owner's server."""
    return {
        "type": kind,
        "host": database.host,
        "port": database.port,
        "database": database.name,
        "username": database.username,
        "password": database.password,
        **options,
    }


@pytest.fixture
def own_postgresql(postgresql_database: Database) -> Iterator[ServerOfTest]:
    """An owner's PostgreSQL with a login that may create others."""
    yield ServerOfTest(
        body_of("postgresql", postgresql_database),
        Dialect.POSTGRESQL,
        lambda: postgresql_connection(postgresql_database),
        lambda _: "store",
    )
    with postgresql_connection(postgresql_database) as connection:
        drop_store_roles(connection)


@pytest.fixture
def own_mysql(mariadb_database: Database) -> Iterator[ServerOfTest]:
    """An owner's MariaDB with a login that may create others."""
    yield ServerOfTest(
        body_of("mysql", mariadb_database),
        Dialect.MYSQL,
        lambda: mariadb_connection(mariadb_database),
        lambda _: mariadb_database.name,
    )
    with mariadb_connection(mariadb_database) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT User FROM mysql.tables_priv WHERE Db = %s AND User LIKE 'b\\_%%'", [mariadb_database.name]
        )
        for (user,) in cursor.fetchall():
            cursor.execute(f"DROP USER `{user}`@'%%'", ())


_FIXTURES = {
    "shared": "shared_server",
    "postgresql": "own_postgresql",
    "mysql": "own_mysql",
    "supabase": "supabase_account",
}


@pytest.fixture(params=["shared", "postgresql", "mysql", "supabase"])
def server_of_kind(request: pytest.FixtureRequest) -> ServerOfTest:
    """A server of each kind."""
    server: ServerOfTest = request.getfixturevalue(_FIXTURES[request.param])
    return server


@pytest.fixture
def supabase_account(supabase: SupabaseSandbox) -> ServerOfTest:
    """An owner's account of Supabase, without a project; the first one is up at once."""
    supabase.come_up_after(0)
    return ServerOfTest(
        {
            "type": "supabase-database",
            "access_token": SANDBOX_ACCESS_TOKEN,
            "organization": next(iter(SANDBOX_ORGANIZATIONS)),
            "region": REGION,
        },
        Dialect.POSTGRESQL,
        lambda: _project_connection(supabase),
        lambda _: "store",
    )


def _project_connection(supabase: SupabaseSandbox) -> psycopg.Connection:
    """Open a superuser's connection to the database of the only project."""
    [project] = supabase.projects()
    server = supabase.server()
    name = database_of(project["ref"])
    return postgresql_connection(
        Database(server.dialect, server.host, server.port, name, server.username, server.password)
    )
