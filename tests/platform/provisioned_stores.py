"""Stores with their tables on real servers, of all four kinds. A test process makes each kind's tables once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.kit import ids
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseStatus, DatabaseType
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs, store_migrations
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.tables import TABLES
from infra.migrations.downgrade import downgrade as downgrade_tables
from tests.databases import DatabaseServer, mariadb_connection, postgresql_connection
from tests.platform.stores import new_store

KINDS = ("postgresql", "mysql", "shared", "supabase")


@dataclass(frozen=True)
class PreparedPlace:
    """The tables of a kind: where they are, the login that may change them, and how they are emptied."""

    database_type: DatabaseType
    place: StorePlace
    migrator: Server
    empty: Callable[[], None]

    @property
    def migrating_place(self) -> StorePlace:
        """The place with the login that may change tables."""
        return replace(self.place, server=self.migrator, role=None)


def make_tables(place: StorePlace) -> None:
    """Create the tables of a store and migrate them to the newest revision."""
    with store_connections.connect(place.server) as connection:
        create_tables(connection, place)
        store_migrations.upgrade(connection, place.server.dialect, place.schema)


def create_tables(connection: Connection, place: StorePlace) -> None:
    """Create the tables of a store at the first revision, and commit."""
    mark = revisions.mark(ids.new(), ids.new())
    for table in TABLES:
        for statement in revisions.table_statements(table.name, place.server.dialect, place.schema, mark):
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    connection.commit()


def superuser(server: DatabaseServer) -> Server:
    """Return the login of PostgreSQL's superuser."""
    return Server(Dialect.POSTGRESQL, server.host, server.port, "postgres", server.username, server.password)


def postgresql_place(server: DatabaseServer, kind: str, pooler: DatabaseServer | None = None) -> PreparedPlace:
    """Return a place in a new schema of PostgreSQL, with a role that has only DML on its tables.

    Of a shared server the login may become the role; else the role is the login, through `pooler` if there is one.
    """
    name = f"s_{uuid4().hex}"
    password = uuid4().hex
    login = f"login_{name}" if kind == "shared" else name
    address = pooler or server
    with postgresql_connection(server) as connection:
        if kind == "shared":
            connection.execute(f"CREATE ROLE {name} NOLOGIN")
            connection.execute(f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{password}' IN ROLE {name}")
        else:
            connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        connection.execute(f"CREATE SCHEMA {name}")
        connection.execute(f"GRANT USAGE ON SCHEMA {name} TO {name}")
        connection.execute(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name}"
        )
    called = Server(Dialect.POSTGRESQL, address.host, address.port, "postgres", login, password)
    migrator = superuser(server)

    def empty() -> None:
        tables = ", ".join(f"{name}.{table.name}" for table in TABLES)
        with postgresql_connection(server) as connection:
            connection.execute(f"TRUNCATE {tables}")

    database_type = {"shared": DatabaseType.SHARED, "supabase": DatabaseType.SUPABASE}.get(
        kind, DatabaseType.POSTGRESQL
    )
    place = StorePlace(called, name, name if kind == "shared" else None)
    make_tables(StorePlace(migrator, name))
    return PreparedPlace(database_type, place, migrator, empty)


def mysql_place(server: DatabaseServer) -> PreparedPlace:
    """Return a place in a new database of MariaDB, with a user that has only DML on its tables."""
    name = f"s_{uuid4().hex[:24]}"
    password = uuid4().hex
    with mariadb_connection(server) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute(f"CREATE USER {name} IDENTIFIED BY '{password}'")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO {name}")

    def empty() -> None:
        with mariadb_connection(server) as connection, connection.cursor() as cursor:
            cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
            for table in TABLES:
                cursor.execute(f"DELETE FROM {name}.{table.name}")

    migrator = Server(Dialect.MYSQL, server.host, server.port, name, server.username, server.password)
    make_tables(StorePlace(migrator, name))
    called = Server(Dialect.MYSQL, server.host, server.port, name, name, password)
    return PreparedPlace(DatabaseType.MYSQL, StorePlace(called, name), migrator, empty)


@pytest.fixture(scope="session")
def prepared_places(request: pytest.FixtureRequest, _provisioned: object) -> Callable[[str], PreparedPlace]:
    """Return the place of a kind; made at the first use in this process."""
    made: dict[str, PreparedPlace] = {}

    def get(kind: str) -> PreparedPlace:
        if kind not in made:
            if kind == "mysql":
                made[kind] = mysql_place(request.getfixturevalue("mariadb_server"))
            else:
                pooler = request.getfixturevalue("pgbouncer") if kind == "supabase" else None
                made[kind] = postgresql_place(request.getfixturevalue("postgresql_server"), kind, pooler)
        return made[kind]

    return get


def downgrade(prepared: PreparedPlace, revision: str = "0001") -> None:
    """Set the revision of the place's tables, and remove what later revisions added to those of the first one."""
    place = prepared.migrating_place
    with store_connections.connect(place.server) as connection:
        downgrade_tables(connection, place.server.dialect, place.schema, revision)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """One of the four kinds of databases."""
    return str(request.param)


@pytest.fixture
def prepared_place(prepared_places: Callable[[str], PreparedPlace], kind: str) -> Iterator[PreparedPlace]:
    """The empty tables of the kind."""
    prepared = prepared_places(kind)
    prepared.empty()  # other tests of this process use the same tables
    yield prepared
    store_connections.close_connections()
    prepared.empty()


@pytest.fixture
def provisioned_store(prepared_place: PreparedPlace) -> Store:
    """A store with empty tables, of each of the four kinds."""
    return connected_store(prepared_place)


def connected_store(prepared: PreparedPlace) -> Store:
    """Return a new store whose tables are at the place."""
    place = prepared.place
    if prepared.database_type is DatabaseType.SHARED:
        os.environ["SHARED_TEST_PASSWORD"] = place.server.password
        place = replace(place, server=replace(place.server, password_secret="SHARED_TEST_PASSWORD"))
    store = new_store(
        database_type=prepared.database_type,
        database_status=DatabaseStatus.ACTIVE,
        database_host=place.server.host,
        database_name=place.server.database,
        config_version=1,
        schema_revision=revisions.HEAD,
    )
    integration_configs.save_place(store.id, prepared.database_type, place, prepared.migrator)
    return store
