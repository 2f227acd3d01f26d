"""Stores with real databases of the four kinds, and a client of their data API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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

    def clear(self) -> None:
        """Delete all rows."""
        for table in reversed(TABLES):
            self.execute(f"DELETE FROM {{schema}}.{table.name}")

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


def _create_tables(database: StoreDatabase) -> None:
    """Create the tables as the superuser, and let the store's login use them."""
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


_Opening = Callable[[pytest.FixtureRequest], Any]
_KINDS: dict[DatabaseType, _Opening] = {
    DatabaseType.POSTGRESQL: lambda request: _postgresql(request.getfixturevalue("postgresql_server")),
    DatabaseType.SHARED: lambda request: _shared(request.getfixturevalue("postgresql_server")),
    DatabaseType.SUPABASE: lambda request: _supabase(
        request.getfixturevalue("postgresql_server"), request.getfixturevalue("pgbouncer")
    ),
    DatabaseType.MYSQL: lambda request: _mysql(request.getfixturevalue("mariadb_server")),
}


@pytest.fixture(scope="session")
def _store_databases(request: pytest.FixtureRequest) -> Iterator[Callable[[DatabaseType], StoreDatabase]]:
    """Return the database of a kind, made at its first use in this process."""
    with ExitStack() as stack:
        opened: dict[DatabaseType, StoreDatabase] = {}

        def get(kind: DatabaseType) -> StoreDatabase:
            if kind not in opened:
                opened[kind] = stack.enter_context(_KINDS[kind](request))
                _create_tables(opened[kind])
            return opened[kind]

        yield get
        store_connections.close_connections()


@pytest.fixture(params=list(DatabaseType), ids=lambda kind: kind.value)
def any_database(
    request: pytest.FixtureRequest, _store_databases: Callable[[DatabaseType], StoreDatabase]
) -> StoreDatabase:
    """An empty database of each kind in turn."""
    database = _store_databases(request.param)
    database.clear()
    return database


@pytest.fixture(params=[DatabaseType.SHARED, DatabaseType.MYSQL], ids=lambda kind: kind.value)
def either_database(
    request: pytest.FixtureRequest, _store_databases: Callable[[DatabaseType], StoreDatabase]
) -> StoreDatabase:
    """An empty database of each dialect in turn."""
    database = _store_databases(request.param)
    database.clear()
    return database


@pytest.fixture
def shared_database(_store_databases: Callable[[DatabaseType], StoreDatabase]) -> StoreDatabase:
    """An empty database of the kind `shared`."""
    database = _store_databases(DatabaseType.SHARED)
    database.clear()
    return database
