"""No statement of a store reaches the rows of another one on the same server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, text

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.integrations.sql.servers import CALL_LIMITS
from chalicelib.kit import clock, ids
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseType
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs, store_engines, store_transactions
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import CUSTOMERS
from tests.databases import DatabaseServer, postgresql_connection
from tests.platform.provisioned_stores import PreparedPlace, postgresql_place, superuser
from tests.platform.stores import new_store


@pytest.fixture(scope="module")
def tenants(postgresql_server: DatabaseServer, _provisioned: object) -> tuple[PreparedPlace, PreparedPlace]:
    """The places of two stores, with one login that may become the role of either."""
    first, second = (postgresql_place(postgresql_server, "shared") for _ in range(2))
    login = first.place.server.username
    with postgresql_connection(postgresql_server) as connection:
        connection.execute(f"GRANT {second.place.role} TO {login}")
    return first, replace(second, place=replace(second.place, server=first.place.server))


@pytest.fixture(params=["direct", "pooler"])
def stores(
    request: pytest.FixtureRequest, tenants: tuple[PreparedPlace, PreparedPlace], postgresql_server: DatabaseServer
) -> Any:
    """Two stores with a customer each, on one server: directly, and by PgBouncer in transaction mode."""
    places = [prepared.place for prepared in tenants]
    if request.param == "pooler":
        pooler = request.getfixturevalue("pgbouncer")
        places = [replace(each, server=replace(each.server, host=pooler.host, port=pooler.port)) for each in places]
    store_connections.close_connections()  # those of other tests
    yield tuple(_store(place, name) for place, name in zip(places, ("ann", "bob"), strict=True))
    store_connections.close_connections()
    for prepared in tenants:
        prepared.empty()


def _store(place: StorePlace, name: str) -> Store:
    store = new_store(database_type=DatabaseType.SHARED, config_version=1)
    integration_configs.save_place(store.id, DatabaseType.SHARED, place)
    now = clock.now()
    with store_connections.transaction(store) as transaction:
        row = {"id": ids.new(), "email": name, "created_at": now, "updated_at": now}
        transaction.connection.execute(insert(CUSTOMERS).values(row))
    return store


def names(store: Store) -> list[str]:
    with store_connections.transaction(store) as transaction:
        return list(transaction.connection.scalars(select(CUSTOMERS.c.email)))


Tenants = tuple[Store, Store]


def test_stores_of_a_server_share_a_connection_and_see_their_own_rows(stores: Tenants) -> None:
    first, second = stores
    assert (names(first), names(second), names(first)) == (["ann"], ["bob"], ["ann"])
    assert len(store_engines._engines) == 1


def test_the_server_refuses_a_statement_for_another_store(
    stores: Tenants, tenants: tuple[PreparedPlace, PreparedPlace]
) -> None:
    first, second = (integration_configs.load_place(store) for store in stores)
    mixed = replace(first, role=second.role)
    engine = store_engines.get_engine(mixed.server, CALL_LIMITS, frozenset).engine
    with pytest.raises(StatementFailed) as refused:
        with store_transactions.open_transaction(engine, mixed) as transaction:
            transaction.connection.scalars(select(CUSTOMERS.c.email))
    assert refused.value.reason is FailureReason.PRIVILEGE


def test_the_login_itself_reads_no_store(stores: Tenants) -> None:
    place = replace(integration_configs.load_place(stores[0]), role=None)
    engine = store_engines.get_engine(place.server, CALL_LIMITS, frozenset).engine
    with pytest.raises(StatementFailed) as refused:
        with store_transactions.open_transaction(engine, place) as transaction:
            transaction.connection.scalars(select(CUSTOMERS.c.email))
    assert refused.value.reason is FailureReason.PRIVILEGE


def test_a_statement_without_a_schema_finds_no_table(stores: Tenants) -> None:
    with pytest.raises(StatementFailed) as refused:
        with store_connections.transaction(stores[0]) as transaction:
            transaction.connection.execute(text("SELECT * FROM customers"))
    assert refused.value.reason is FailureReason.MISSING


def _raise(store: Store) -> None:
    with store_connections.transaction(store) as transaction:
        transaction.connection.execute(select(CUSTOMERS))
        raise KeyError


def _fail(store: Store) -> None:
    with store_connections.transaction(store) as transaction:
        transaction.connection.execute(text("SELECT 1 / 0"))


def _time_out(store: Store) -> None:
    with store_connections.transaction(store) as transaction:
        transaction.connection.execute(text("SET LOCAL statement_timeout = 10"))
        transaction.connection.execute(text("SELECT pg_catalog.pg_sleep(60)"))


@pytest.mark.parametrize("end", [_raise, _fail, _time_out])
def test_after_a_failed_call_the_next_one_sees_its_own_store(stores: Tenants, end: Callable[[Store], None]) -> None:
    first, second = stores
    with pytest.raises((KeyError, StatementFailed)):
        end(first)
    assert names(second) == ["bob"]
    with pytest.raises((KeyError, StatementFailed)):
        end(second)
    assert names(first) == ["ann"]


def test_after_a_kill_within_a_transaction_the_next_call_sees_its_own_store(
    stores: Tenants, postgresql_server: DatabaseServer
) -> None:
    first, second = stores
    with pytest.raises(StatementFailed), store_connections.transaction(first) as transaction:
        pid = transaction.connection.scalar(text("SELECT pg_catalog.pg_backend_pid()"))
        with postgresql_connection(postgresql_server) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        transaction.connection.execute(select(CUSTOMERS))
    assert names(second) == ["bob"]
    assert names(first) == ["ann"]


def test_no_role_or_limit_outlives_its_transaction(stores: Tenants) -> None:
    names(stores[0])
    server = integration_configs.load_place(stores[0]).server
    [connector] = store_engines._engines.values()
    raw = connector.engine.raw_connection()
    try:
        driver: psycopg.Connection[Any] = raw.dbapi_connection  # type: ignore[assignment]
        row = driver.execute("SELECT current_user, current_setting('statement_timeout')").fetchone()
    finally:
        raw.close()
    assert row == (server.username, "0")


@pytest.mark.parametrize("name", ['quo"te', "per%cent", "sq]uare", "semi;colon", "back`tick", "Ünï", "x" * 63])
def test_a_hostile_schema_name_is_only_a_name(postgresql_server: DatabaseServer, name: str) -> None:
    quoted = psycopg.sql.Identifier(name)
    with postgresql_connection(postgresql_server) as connection:
        connection.execute(psycopg.sql.SQL("CREATE SCHEMA {}").format(quoted))
        connection.execute(psycopg.sql.SQL("CREATE TABLE {}.customers (email text)").format(quoted))
    try:
        server = superuser(postgresql_server)
        engine = store_engines.get_engine(server, CALL_LIMITS, frozenset).engine
        with store_transactions.open_transaction(engine, StorePlace(server, name)) as transaction:
            assert list(transaction.connection.scalars(select(CUSTOMERS.c.email))) == []
    finally:
        with postgresql_connection(postgresql_server) as connection:
            connection.execute(psycopg.sql.SQL("DROP SCHEMA {} CASCADE").format(quoted))
        store_connections.close_connections()
