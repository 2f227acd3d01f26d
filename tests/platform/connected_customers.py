"""Customers of stores whose connections are tested, and stores behind a relay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select

from chalicelib.integrations.sql.servers import CALL_LIMITS, Limits
from chalicelib.kit import clock, ids
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseType
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import CUSTOMERS
from tests.platform.provisioned_stores import PreparedPlace
from tests.platform.stores import new_store
from tests.platform.wire import Relay, relay

Places = Callable[[str], PreparedPlace]


def customer(email: str = "ann@example.com", **columns: Any) -> dict[str, Any]:
    now = clock.now()
    return {"id": ids.new(), "email": email, "created_at": now, "updated_at": now, **columns}


def add_customer(store: Store, **columns: Any) -> dict[str, Any]:
    row = customer(**columns)
    with store_connections.transaction(store) as transaction:
        transaction.connection.execute(insert(CUSTOMERS).values(row))
    return row


def customers(store: Store, limits: Limits = CALL_LIMITS) -> list[dict[str, Any]]:
    with store_connections.transaction(store, limits) as transaction:
        return [dict(row) for row in transaction.connection.execute(select(CUSTOMERS)).mappings()]


def store_at(place: StorePlace, database_type: DatabaseType = DatabaseType.POSTGRESQL) -> Store:
    store = new_store(database_type=database_type, config_version=1)
    integration_configs.save_place(store.id, database_type, place)
    return store


@pytest.fixture(params=["postgresql", "mysql"])
def relayed(prepared_places: Places, request: pytest.FixtureRequest) -> Iterator[tuple[Store, Relay]]:
    """A store whose connections pass a relay, on PostgreSQL and on MariaDB."""
    prepared = prepared_places(request.param)
    server = prepared.place.server
    with relay(server.host, server.port) as passed:
        place = replace(prepared.place, server=replace(server, port=passed.port))
        yield store_at(place, prepared.database_type), passed
        store_connections.close_connections()
    prepared.empty()
