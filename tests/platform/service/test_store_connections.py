"""Connections to stores' databases on real servers: values, limits, lost connections, refusals."""

from __future__ import annotations

import concurrent.futures
import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from chalicelib.integrations.sql import drivers, engines
from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.integrations.sql.servers import CALL_LIMITS
from chalicelib.kit import clock, ids
from chalicelib.platform import database_errors as errors
from chalicelib.platform.enums import DatabaseType
from chalicelib.platform.errors import StoreNotProvisioned
from chalicelib.platform.models import IntegrationConfig, Store
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import CUSTOMERS, INVENTORY
from tests.platform.connected_customers import Places, add_customer, customer, customers, relayed, store_at
from tests.platform.provisioned_stores import PreparedPlace, connected_store
from tests.platform.stores import new_store
from tests.platform.wire import Relay
from tests.timeouts import LIMIT

__all__ = ["relayed"]


def test_values_come_back_as_they_were_stored(provisioned_store: Store) -> None:
    moment = datetime(2026, 10, 25, 2, 30, 0, 123456, timezone(timedelta(hours=2)))
    stored = add_customer(
        provisioned_store,
        first_name="Zoë 🫖 'O''Brien' \\ %s :x",
        addresses=[{"city": "Łódź", "lines": [None, True, 1.5]}],
        marketing_consent=True,
        marketing_consent_at=moment,
        total_spent=Decimal("922337203685477.5807"),
    )
    [row] = customers(provisioned_store)
    assert stored.items() <= row.items()
    assert row["marketing_consent_at"] == moment
    assert row["marketing_consent_at"].tzinfo is UTC
    assert (row["phone"], row["order_count"], row["version"]) == (None, 0, 1)
    assert isinstance(row["total_spent"], Decimal)


def test_text_is_compared_by_code_point(provisioned_store: Store) -> None:
    emails = ["a@x", "B@x", "b@x", "Ä@x", "z@x", "é@x", "🫖@x"]
    with store_connections.transaction(provisioned_store) as transaction:
        for email in emails:
            transaction.connection.execute(insert(CUSTOMERS).values(customer(email)))
        ordered = transaction.connection.scalars(select(CUSTOMERS.c.email).order_by(CUSTOMERS.c.email)).all()
    assert list(ordered) == sorted(emails)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"email": "taken@example.com"}, FailureReason.UNIQUE),
        ({"email": None}, FailureReason.NULL),
        ({"first_name": "x" * 256}, FailureReason.VALUE),
        ({"total_spent": Decimal(10) ** 16}, FailureReason.VALUE),
    ],
)
def test_a_refused_row_has_the_same_reason_everywhere(
    provisioned_store: Store, columns: dict[str, Any], reason: FailureReason
) -> None:
    add_customer(provisioned_store, email="taken@example.com")
    with pytest.raises(StatementFailed) as failed:
        add_customer(provisioned_store, **columns)
    assert failed.value.reason is reason
    assert failed.value.constraint == ("uq_customers_email" if reason is FailureReason.UNIQUE else None)
    assert "example.com" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert len(customers(provisioned_store)) == 1


def test_checks_and_references_are_refused(provisioned_store: Store) -> None:
    now = clock.now()
    row = {"id": ids.new(), "product_id": ids.new(), "quantity": 1, "created_at": now, "updated_at": now}
    for values, reason in ((row, FailureReason.REFERENCE), ({**row, "quantity": -1}, FailureReason.CHECK)):
        with pytest.raises(StatementFailed) as failed:
            with store_connections.transaction(provisioned_store) as transaction:
                transaction.connection.execute(insert(INVENTORY).values(values))
        assert failed.value.reason is reason


def test_an_exception_rolls_back(provisioned_store: Store) -> None:
    with pytest.raises(KeyError):
        with store_connections.transaction(provisioned_store) as transaction:
            transaction.connection.execute(insert(CUSTOMERS).values(customer()))
            raise KeyError
    assert customers(provisioned_store) == []


def test_a_read_takes_three_messages_and_a_write_three(relayed: tuple[Store, Relay]) -> None:
    store, passed = relayed
    customers(store)
    before = passed.messages
    customers(store)
    assert passed.messages - before == 3
    add_customer(store)
    assert passed.messages - before == 6
    assert passed.connections == 1


def test_a_dead_connection_answers_right_once(relayed: tuple[Store, Relay]) -> None:
    store, passed = relayed
    customers(store)
    passed.cut()
    add_customer(store)
    assert len(customers(store)) == 1
    assert passed.connections == 2


def test_a_connection_lost_before_the_commit_is_not_retried(relayed: tuple[Store, Relay]) -> None:
    store, passed = relayed
    with pytest.raises(StatementFailed) as failed:
        with store_connections.transaction(store) as transaction:
            transaction.connection.execute(insert(CUSTOMERS).values(customer()))
            passed.cut()
    assert failed.value.reason is FailureReason.DISCONNECTED
    assert customers(store) == []


def test_an_idle_connection_is_pinged(relayed: tuple[Store, Relay], monkeypatch: pytest.MonkeyPatch) -> None:
    store, passed = relayed
    customers(store)
    later = clock.now() + timedelta(seconds=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    before = passed.messages
    customers(store)
    assert passed.messages - before == 4


def test_an_idle_connection_whose_server_is_silent_is_replaced(
    relayed: tuple[Store, Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, passed = relayed
    limits = replace(CALL_LIMITS, unanswered=1)
    customers(store, limits)
    later = clock.now() + timedelta(seconds=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    passed.silence()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            assert pool.submit(customers, store, limits).result(timeout=LIMIT) == []
        finally:
            passed.cut()
    assert passed.connections == 2


def test_the_system_drops_a_connection_whose_server_acknowledges_nothing(prepared_places: Places) -> None:
    with store_connections.connect(prepared_places("postgresql").migrator, CALL_LIMITS) as connection:
        driver: Any = connection.connection.dbapi_connection
        with socket.socket(fileno=os.dup(driver.fileno())) as peer:
            milliseconds = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert milliseconds == CALL_LIMITS.unanswered * 1000


def test_a_server_that_stops_answering_is_cut_off(relayed: tuple[Store, Relay]) -> None:
    store, passed = relayed
    limits = replace(CALL_LIMITS, unanswered=1)
    customers(store, limits)
    with pytest.raises(StatementFailed) as failed:
        with store_connections.transaction(store, limits) as transaction:
            passed.is_silent = True
            transaction.connection.execute(select(CUSTOMERS))
    assert failed.value.reason is FailureReason.DISCONNECTED
    passed.is_silent = False
    assert customers(store, limits) == []


def test_a_statement_ends_at_its_timeout(prepared_places: Places) -> None:
    limits = replace(CALL_LIMITS, statement=1)
    sleeps = {"postgresql": "SELECT pg_sleep(30)", "mysql": "SELECT SLEEP(30) FROM customers"}
    for kind, sleep in sleeps.items():
        store = connected_store(prepared_places(kind))
        add_customer(store)
        with store_connections.transaction(store, limits) as transaction:
            with pytest.raises(StatementFailed) as failed, engines.translated():
                transaction.connection.execute(text(sleep))
            assert failed.value.reason is FailureReason.STATEMENT_TIMEOUT
        prepared_places(kind).empty()


def test_an_update_counts_the_rows_that_it_matches(provisioned_store: Store) -> None:
    add_customer(provisioned_store, first_name="Ann")
    for _ in range(2):
        with store_connections.transaction(provisioned_store) as transaction:
            assert transaction.connection.execute(update(CUSTOMERS).values(first_name="Bea")).rowcount == 1


def test_two_statements_in_one_are_refused(provisioned_store: Store) -> None:
    with pytest.raises(StatementFailed):
        with store_connections.transaction(provisioned_store) as transaction:
            transaction.connection.exec_driver_sql("SELECT 1; SELECT 2")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"password": "wrong"}, errors.LoginRefused),
        ({"username": "nobody"}, errors.LoginRefused),
        ({"database": "missing_database"}, errors.DatabaseMissing),
        ({"database": "host=example.com"}, errors.DatabaseMissing),
        ({"port": 1}, errors.HostNotAllowed),
        ({"host": "10.0.0.1"}, errors.HostNotAllowed),
    ],
)
@pytest.mark.parametrize("kind", ["postgresql", "mysql"], indirect=True)
def test_a_refused_connection_says_what_to_do(
    prepared_place: PreparedPlace, change: dict[str, Any], problem: type[Exception]
) -> None:
    server = replace(prepared_place.migrator, **change)
    with pytest.raises(problem) as refused, store_connections.connect(server):
        pass
    for word in (server.password, server.username, server.host):
        assert word not in str(refused.value)


@pytest.mark.parametrize("kind", ["postgresql", "mysql"], indirect=True)
def test_an_old_server_is_refused(prepared_place: PreparedPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "_MIN_POSTGRESQL", 990000)
    monkeypatch.setattr(drivers, "_MIN_MARIADB", (99, 0))
    with pytest.raises(errors.VersionTooOld), store_connections.connect(prepared_place.migrator):
        pass


def test_a_time_without_a_zone_is_refused(provisioned_store: Store) -> None:
    with pytest.raises(StatementFailed):
        add_customer(provisioned_store, marketing_consent_at=datetime(2026, 1, 1))
    assert customers(provisioned_store) == []


def test_a_stored_connection_shows_no_password(provisioned_store: Store, prepared_place: PreparedPlace) -> None:
    server = prepared_place.place.server
    [row] = IntegrationConfig.query(provisioned_store.id)
    assert server.password not in repr(row.attribute_values)
    assert server.password not in repr(integration_configs.load_place(provisioned_store))
    assert integration_configs.load_place(provisioned_store).server.password == server.password
    assert integration_configs.load_migrator(provisioned_store) == prepared_place.migrating_place


def test_a_large_certificate_is_kept_in_s3(prepared_places: Places) -> None:
    place = prepared_places("postgresql").place
    certificate = "-----BEGIN CERTIFICATE-----\n" + "A" * 8000
    store = store_at(replace(place, server=replace(place.server, ca_certificate=certificate)))
    [row] = IntegrationConfig.query(store.id)
    assert str(row.ca_certificate).startswith("s3://")
    assert integration_configs.load_place(store).server.ca_certificate == certificate


def test_a_store_without_a_database_has_no_transaction() -> None:
    with pytest.raises(StoreNotProvisioned):
        customers(new_store())
    with pytest.raises(StoreNotProvisioned):
        customers(new_store(database_type=DatabaseType.MYSQL))
