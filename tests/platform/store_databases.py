"""Stores with real databases of the four kinds, and a client of their data API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from chalicelib.integrations.sql.identifiers import quoted
from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.store_keys import hash_key, join_key
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseStatus, DatabaseType, KeyScope
from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_migrations
from chalicelib.platform.repository.integration_configs import save_place
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.tables import TABLES
from tests.databases import Database, DatabaseServer, mariadb_connection, postgresql_connection
from tests.platform.stores import new_store

_PASSWORD = "a password; with 'quotes'"


@dataclass(frozen=True)
class StoreDatabase:
    """The tables of one store: their kind, their place, and a superuser's connection to them."""

    kind: DatabaseType
    place: StorePlace
    administrator: Any

    def execute(self, statement: str) -> None:
        """Execute a statement as the superuser. `{schema}` is replaced by the quoted schema."""
        with self.administrator.cursor() as cursor:
            cursor.execute(statement.replace("{schema}", self._schema))

    @property
    def _schema(self) -> str:
        return quoted(self.place.schema, self.place.server.dialect)


@dataclass(frozen=True)
class DataClient:
    """Calls `/v1/store` as a store."""

    api: httpx.Client
    store: Store
    token: str

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Call `/v1/store/<path>`. `params` are query parameters; other options are headers, with underscores."""
        params = options.pop("params", None)
        headers = {name.replace("_", "-"): value for name, value in options.items()}
        headers["Authorization"] = f"Bearer {self.token}"
        return self.api.request(method, f"/v1/store/{path}", json=body, params=params, headers=headers)

    def add(self, table: str, **columns: Any) -> dict[str, Any]:
        """Create a row and return it."""
        response = self.call("POST", table, columns)
        assert response.status_code == 201, response.text
        return dict(response.json())

    def list(self, table: str, **params: Any) -> list[dict[str, Any]]:
        """Return the first page of a list; `__` in a parameter's name stands for a dot."""
        named = {name.replace("__", "."): value for name, value in params.items()}
        response = self.call("GET", table, params=named)
        assert response.status_code == 200, response.text
        return list(response.json()["items"])

    def scoped(self, scope: KeyScope) -> DataClient:
        """Return a client with a new key of this scope."""
        return replace(self, token=new_key(self.store, scope))


def new_key(store: Store, scope: KeyScope) -> str:
    """Add a key to the store's row and return it."""
    key_id = uuid4().hex[:8]
    key = join_key(store.id, key_id, uuid4().hex)
    Store(store.id).update([Store.api_keys[key_id].set([hash_key(key), scope.value, "test", 1])])
    return key


def connected_store(database: StoreDatabase, **columns: Any) -> Store:
    """Write a store whose tables are in this database."""
    columns = {"database_status": DatabaseStatus.ACTIVE, "config_version": 1, **columns}
    store = new_store(database_type=database.kind, **columns)
    save_place(store.id, database.kind, database.place)
    return store


def data_client(api: httpx.Client, store: Store) -> DataClient:
    """Return a client with an owner's token for the store."""
    return DataClient(api, store, auth.mint(Role.STORE_OWNER, store.id))


@contextmanager
def _postgresql(server: DatabaseServer) -> Iterator[StoreDatabase]:
    """The superuser of a server of the owner, in a schema of any name."""
    with _postgresql_database(server) as (database, administrator):
        place = StorePlace(_server(database, Dialect.POSTGRESQL), 'the "shop"')
        yield StoreDatabase(DatabaseType.POSTGRESQL, place, administrator)


@contextmanager
def _shared(server: DatabaseServer) -> Iterator[StoreDatabase]:
    """A login that is a NOINHERIT member of the store's role, which has DML only."""
    role, login = f"s_{uuid4().hex}", f"l_{uuid4().hex}"
    with _postgresql_database(server) as (database, administrator), _roles(administrator, login, role):
        administrator.execute(f"CREATE ROLE {role} NOLOGIN")
        administrator.execute(
            f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{_PASSWORD.replace(chr(39), chr(39) * 2)}'"
        )
        administrator.execute(f"GRANT {role} TO {login}")
        store_server = replace(_server(database, Dialect.POSTGRESQL), username=login, password=_PASSWORD)
        yield StoreDatabase(DatabaseType.SHARED, StorePlace(store_server, role, role), administrator)


@contextmanager
def _supabase(server: DatabaseServer, pooler: DatabaseServer) -> Iterator[StoreDatabase]:
    """A login of our own behind a pooler in transaction mode, in the schema `store`."""
    login = f"l_{uuid4().hex}"
    with _postgresql_database(server) as (database, administrator), _roles(administrator, login):
        administrator.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'secret'")
        store_server = Server(Dialect.POSTGRESQL, pooler.host, pooler.port, database.name, login, "secret")
        yield StoreDatabase(DatabaseType.SUPABASE, StorePlace(store_server, "store"), administrator)


@contextmanager
def _mysql(server: DatabaseServer) -> Iterator[StoreDatabase]:
    name = f"store_{uuid4().hex}"
    with mariadb_connection(server) as administrator:
        with administrator.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}`")
        database = Database(server.dialect, server.host, server.port, name, server.username, server.password)
        yield StoreDatabase(DatabaseType.MYSQL, StorePlace(_server(database, Dialect.MYSQL), name), administrator)
        with administrator.cursor() as cursor:
            cursor.execute(f"DROP DATABASE `{name}`")


@contextmanager
def _postgresql_database(server: DatabaseServer) -> Iterator[tuple[Database, psycopg.Connection]]:
    name = f"store_{uuid4().hex}"
    database = Database(server.dialect, server.host, server.port, name, server.username, server.password)
    with postgresql_connection(server) as outside:
        outside.execute(f'CREATE DATABASE "{name}"')
        with postgresql_connection(database) as administrator:
            yield database, administrator
        outside.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _roles(administrator: psycopg.Connection, *roles: str) -> Iterator[None]:
    """Drop the roles at the end."""
    yield
    for role in roles:
        administrator.execute(f"DROP OWNED BY {role}")
        administrator.execute(f"DROP ROLE {role}")


def _server(database: Database, dialect: Dialect) -> Server:
    return Server(dialect, database.host, database.port, database.name, database.username, database.password)


def _create_tables(database: StoreDatabase) -> StoreDatabase:
    """Create the tables as the superuser, and let the store's login use them. Returns the database."""
    place, administrator = database.place, database.administrator
    if database.kind is DatabaseType.MYSQL:
        server = place.server
    else:
        database.execute("CREATE SCHEMA {schema}")
        info = administrator.info
        server = Server(Dialect.POSTGRESQL, info.host, info.port, info.dbname, info.user, info.password)
    mark = revisions.mark(ids.new(), ids.new())
    with store_connections.connect(server) as connection:
        for table in TABLES:
            store_migrations.create_table(connection, StorePlace(server, place.schema), table.name, mark)
    if database.kind in (DatabaseType.SHARED, DatabaseType.SUPABASE):
        role = place.role or place.server.username
        database.execute(f"GRANT USAGE ON SCHEMA {{schema}} TO {role}")
        database.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{schema}} TO {role}")
    return database


@pytest.fixture(scope="session")
def postgresql_store(postgresql_server: DatabaseServer) -> Iterator[StoreDatabase]:
    """The tables of a store on a server of its owner, for all tests of a process."""
    with _postgresql(postgresql_server) as database:
        yield _create_tables(database)
        store_connections.close_connections()


@pytest.fixture(scope="session")
def shared_store(postgresql_server: DatabaseServer) -> Iterator[StoreDatabase]:
    """The tables of a store on a shared server, for all tests of a process."""
    with _shared(postgresql_server) as database:
        yield _create_tables(database)
        store_connections.close_connections()


@pytest.fixture(scope="session")
def supabase_store(postgresql_server: DatabaseServer, pgbouncer: DatabaseServer) -> Iterator[StoreDatabase]:
    """The tables of a store behind a pooler, for all tests of a process."""
    with _supabase(postgresql_server, pgbouncer) as database:
        yield _create_tables(database)
        store_connections.close_connections()


@pytest.fixture(scope="session")
def mysql_store(mariadb_server: DatabaseServer) -> Iterator[StoreDatabase]:
    """The tables of a store on MariaDB, for all tests of a process."""
    with _mysql(mariadb_server) as database:
        yield _create_tables(database)
        store_connections.close_connections()


@pytest.fixture(params=["shared_store", "supabase_store", "postgresql_store", "mysql_store"])
def any_database(request: pytest.FixtureRequest) -> StoreDatabase:
    """An empty database of each kind in turn."""
    return _cleared(request.getfixturevalue(request.param))


@pytest.fixture(params=["shared_store", "mysql_store"])
def either_database(request: pytest.FixtureRequest) -> StoreDatabase:
    """An empty database of each dialect in turn."""
    return _cleared(request.getfixturevalue(request.param))


@pytest.fixture
def shared_database(shared_store: StoreDatabase) -> StoreDatabase:
    """An empty database of the kind `shared`."""
    return _cleared(shared_store)


def _cleared(database: StoreDatabase) -> StoreDatabase:
    """Delete all rows."""
    for table in reversed(TABLES):
        database.execute(f"DELETE FROM {{schema}}.{table.name}")
    return database
