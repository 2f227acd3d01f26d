"""Stores that are connected to a real database with all tables, on PostgreSQL and MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseStatus, DatabaseType
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import METADATA
from tests.databases import Database
from tests.platform.stores import new_store

TYPES = {"postgresql": DatabaseType.POSTGRESQL, "mariadb": DatabaseType.MYSQL}


@pytest.fixture(params=TYPES)
def connected_store(request: pytest.FixtureRequest) -> Iterator[Callable[..., Store]]:
    """A function that returns a store with empty tables, on each kind of server; it takes columns of the store's row."""
    database: Database = request.getfixturevalue(f"{request.param}_database")
    place = _place(database)
    with store_connections.connect(place.server) as connection:
        translated = connection.execution_options(schema_translate_map={None: place.schema})
        if place.schema != database.name:
            translated.execute(text(f"CREATE SCHEMA {place.schema}"))
        METADATA.create_all(translated, checkfirst=False)
        connection.commit()

    def connect(**columns: Any) -> Store:
        kind = TYPES[request.param]
        row = new_store(database_type=kind, database_status=DatabaseStatus.ACTIVE, config_version=1, **columns)
        integration_configs.save_place(row.id, kind, place)
        return row

    yield connect
    store_connections.close_connections()


def _place(database: Database) -> StorePlace:
    dialect = Dialect(database.dialect)
    server = Server(dialect, database.host, database.port, database.name, database.username, database.password)
    return StorePlace(server, "store" if dialect is Dialect.POSTGRESQL else database.name, None)
