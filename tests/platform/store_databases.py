"""Stores with real databases of the four kinds, and a client of their data API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from chalicelib.integrations.sql.identifiers import quoted
from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.store_keys import hash_key, join_key
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseStatus, DatabaseType, KeyScope
from chalicelib.platform.models import Store
from chalicelib.platform.repository.integration_configs import save_place
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.revisions import HEAD
from tests.platform.provisioned_stores import PreparedPlace
from tests.platform.stores import new_store


@dataclass(frozen=True)
class StoreDatabase:
    """The tables of one store."""

    prepared: PreparedPlace

    @property
    def kind(self) -> DatabaseType:
        return self.prepared.database_type

    @property
    def place(self) -> StorePlace:
        return self.prepared.place

    def execute(self, statement: str) -> None:
        """Execute a statement as the superuser. `{schema}` is replaced by the quoted schema."""
        schema = quoted(self.place.schema, self.place.server.dialect)
        with store_connections.connect(self.prepared.migrator) as connection:
            connection.exec_driver_sql(statement.replace("{schema}", schema), execution_options={"no_parameters": True})
            connection.commit()


@dataclass(frozen=True)
class DataClient:
    """Calls `/v1/store` as a store."""

    api: httpx2.Client
    store: Store
    token: str

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> httpx2.Response:
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
    defaults: dict[str, Any] = {"database_status": DatabaseStatus.ACTIVE, "config_version": 1, "schema_revision": HEAD}
    columns = defaults | columns
    store = new_store(database_type=database.kind, **columns)
    save_place(store.id, database.kind, database.place, database.prepared.migrator)
    return store


def data_client(api: httpx2.Client, store: Store) -> DataClient:
    """Return a client with an owner's token for the store."""
    return DataClient(api, store, auth.mint(Role.STORE_OWNER, store.id))


@pytest.fixture(params=["shared", "supabase", "postgresql", "mysql"])
def any_database(request: pytest.FixtureRequest, prepared_places: Callable[[str], PreparedPlace]) -> StoreDatabase:
    """An empty database of each kind in turn."""
    return _emptied(prepared_places(request.param))


@pytest.fixture(params=["shared", "mysql"])
def either_database(request: pytest.FixtureRequest, prepared_places: Callable[[str], PreparedPlace]) -> StoreDatabase:
    """An empty database of each dialect in turn."""
    return _emptied(prepared_places(request.param))


@pytest.fixture
def shared_database(prepared_places: Callable[[str], PreparedPlace]) -> StoreDatabase:
    """An empty database of the kind `shared`."""
    return _emptied(prepared_places("shared"))


def _emptied(prepared: PreparedPlace) -> StoreDatabase:
    prepared.empty()
    return StoreDatabase(prepared)
