"""Rotated passwords, servers that fail repeatedly, and how many engines a process keeps."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.integrations.sql.circuit_breaker import FAILURES
from chalicelib.integrations.sql.errors import FailureReason, ServerAddressForbidden, ServerUnreachable, StatementFailed
from chalicelib.integrations.sql.servers import CALL_LIMITS
from chalicelib.kit import clock
from chalicelib.kit.errors import Unavailable
from chalicelib.platform.models import PlatformSetting, Store
from chalicelib.platform.repository import integration_configs, store_engines
from chalicelib.platform.service import allowed_hosts, store_connections
from tests.databases import DatabaseServer, postgresql_connection
from tests.platform.connected_customers import Places, customers, relayed, store_at
from tests.platform.provisioned_stores import connected_store
from tests.platform.wire import Relay, relay

__all__ = ["relayed"]


def test_the_next_call_takes_a_rotated_password(prepared_places: Places, postgresql_server: DatabaseServer) -> None:
    prepared = prepared_places("postgresql")
    store = connected_store(prepared)
    customers(store)
    rotated = replace(prepared.place.server, password="rotated")
    try:
        with postgresql_connection(postgresql_server) as connection:
            connection.execute(f"ALTER ROLE {rotated.username} PASSWORD 'rotated'")
        integration_configs.save_place(store.id, prepared.database_type, replace(prepared.place, server=rotated))
        store.config_version = 2
        customers(store)
        assert (prepared.place.server, CALL_LIMITS) not in store_engines._engines
        with postgresql_connection(postgresql_server) as connection:
            connection.execute(f"ALTER ROLE {rotated.username} PASSWORD '{prepared.place.server.password}'")
        integration_configs.save_place(store.id, prepared.database_type, prepared.place)
        store_engines.close_engines()  # the login is checked when a connection begins
        assert customers(store) == []
    finally:
        with postgresql_connection(postgresql_server) as connection:
            connection.execute(f"ALTER ROLE {rotated.username} PASSWORD '{prepared.place.server.password}'")


def test_every_store_of_a_shared_server_reads_its_rotated_secret_again(
    prepared_places: Places, postgresql_server: DatabaseServer
) -> None:
    prepared = prepared_places("shared")
    stores, login = [connected_store(prepared) for _ in range(FAILURES + 2)], prepared.place.server
    for store in stores:
        customers(store)
    earlier = integration_configs.load_place(stores[0]).server
    store_engines.close_engines()
    try:
        with postgresql_connection(postgresql_server) as connection:
            connection.execute(f"ALTER ROLE {login.username} PASSWORD 'rotated'")
        os.environ["SHARED_TEST_PASSWORD"] = "rotated"
        for store in stores:
            assert customers(store) == []
        assert (earlier, CALL_LIMITS) not in store_engines._engines
    finally:
        with postgresql_connection(postgresql_server) as connection:
            connection.execute(f"ALTER ROLE {login.username} PASSWORD '{login.password}'")
        store_connections.close_connections()


def test_three_failures_rest_the_server_for_ten_seconds(
    prepared_places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = prepared_places("postgresql").place
    with relay(place.server.host, place.server.port) as passed:
        wrong = replace(place.server, port=passed.port, password="wrong")
        store = store_at(replace(place, server=wrong))
        for _ in range(4):
            with pytest.raises(Unavailable) as refused:
                customers(store)
            assert refused.value.headers["Retry-After"] == "10"
        assert passed.connections == 3
        later = clock.now() + timedelta(seconds=11)
        monkeypatch.setattr(clock, "now", lambda: later)
        with pytest.raises(Unavailable):
            customers(store)
        assert passed.connections == 4


@pytest.mark.parametrize("unanswered", [b"BEGIN", b"customers"])
def test_a_server_that_is_silent_after_the_login_rests_after_three_calls(
    relayed: tuple[Store, Relay], unanswered: bytes
) -> None:
    store, passed = relayed
    limits = replace(CALL_LIMITS, unanswered=1)
    passed.unanswered = unanswered
    for _ in range(3):
        with pytest.raises(StatementFailed) as failed:
            customers(store, limits)
        assert failed.value.reason is FailureReason.DISCONNECTED
    with pytest.raises(Unavailable):
        customers(store, limits)
    assert passed.connections == 3


def test_a_host_that_is_allowed_later_passes_without_a_new_engine(prepared_places: Places) -> None:
    place = prepared_places("postgresql").place
    store = store_at(replace(place, server=replace(place.server, host="127.0.0.2")))
    assert _refusal(store) is ServerAddressForbidden
    PlatformSetting("allowed_hosts", value={"hosts": ["127.0.0.2"]}, version=1, updated_at=clock.now()).save()
    allowed_hosts.forget_allowed_hosts()
    assert _refusal(store) is ServerUnreachable
    store_connections.close_connections()


def _refusal(store: Store) -> type[BaseException | None]:
    with pytest.raises(Unavailable) as refused:
        customers(store)
    return type(refused.value.__cause__)


def test_at_most_eight_engines_are_kept(prepared_places: Places) -> None:
    prepared = prepared_places("postgresql")
    for seconds in range(1, 12):
        customers(connected_store(prepared), replace(CALL_LIMITS, lock=seconds))
    assert len(store_engines._engines) == store_engines.MAX_ENGINES
    store_connections.close_connections()
