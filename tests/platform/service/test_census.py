"""The census on real databases: counters become what is there, and running calls are not mistaken for a difference."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import ids, messages
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.models import Store
from chalicelib.platform.schemas.usage_messages import CensusRequested
from chalicelib.platform.service import census
from chalicelib.platform.service.usage_logs import record_call
from tests.platform.clocks import set_clock
from tests.platform.data_calls import NOON, data_call
from tests.platform.schedules import run_schedule
from tests.platform.store_databases import StoreDatabase, connected_store
from tests.platform.stores import new_store

Drain = Callable[[], list[dict[str, Any]]]
LONG_AGO = NOON - timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, NOON)


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[CensusRequested]:
    """The further attempts that were requested."""
    found: list[CensusRequested] = []
    monkeypatch.setattr(messages, "publish", lambda message, delay_seconds=0: found.append(message))
    return found


def add_products(database: StoreDatabase, count: int) -> None:
    for _ in range(count):
        values = ", ".join(f"'{value}'" for value in (ids.new(), "Tea", ids.new(), ids.new()))
        moments = "'2031-01-01 00:00:00', '2031-01-01 00:00:00'"
        database.execute(
            "INSERT INTO {schema}.products (id, name, slug, sku, status, is_active, version, created_at, updated_at) "
            f"VALUES ({values}, 'draft', true, 1, {moments})"
        )


def counters(store: Store) -> tuple[int, int, int]:
    row = Store.get(store.id)
    return row.product_count, row.order_count, row.storage_used_bytes


def test_a_night_corrects_the_counters_of_called_stores(either_database: StoreDatabase, drain: Drain) -> None:
    add_products(either_database, 3)
    too_high = connected_store(either_database, product_count=9, order_count=2, last_activity_at=LONG_AGO)
    too_low = connected_store(either_database, product_count=1, storage_used_bytes=5)
    idle = connected_store(either_database, product_count=7)
    for store in (too_high, too_low):
        record_call(data_call(store.id))
    for _ in range(2):
        run_schedule("platform-count_rows", NOON)
        assert drain() == []
    assert counters(too_high) == counters(too_low) == (3, 0, 0)
    assert counters(idle) == (7, 0, 0)


def test_a_busy_stores_difference_is_what_every_count_shows(
    shared_database: StoreDatabase, requests: list[CensusRequested]
) -> None:
    add_products(shared_database, 3)
    store = connected_store(shared_database, product_count=5, last_activity_at=NOON)
    census.count_store(CensusRequested(store_id=store.id))
    Store(store.id).update([Store.product_count.set(7)])  # two products are reserved and not yet created
    for _ in range(2):
        census.count_store(requests[-1])
    assert [each.drift for each in requests] == [{"product_count": -2}] * 3
    assert counters(store)[0] == 7
    census.count_store(requests[-1])
    assert counters(store)[0] == 5
    assert len(requests) == census.ATTEMPTS - 1


def test_reservations_in_flight_are_no_difference(
    shared_database: StoreDatabase, requests: list[CensusRequested]
) -> None:
    add_products(shared_database, 3)
    store = connected_store(shared_database, product_count=4, last_activity_at=NOON)
    census.count_store(CensusRequested(store_id=store.id))
    add_products(shared_database, 1)
    for request in requests:
        census.count_store(request)
    assert len(requests) == 1
    assert counters(store)[0] == 4


@pytest.mark.parametrize("column", ["last_activity_at", "product_count"])
def test_a_call_during_the_count_makes_it_start_again(
    shared_database: StoreDatabase, requests: list[CensusRequested], monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    store = connected_store(shared_database, product_count=4, last_activity_at=LONG_AGO)
    count_rows, runs = census.store_row_counts.count_rows, []

    def count_while_a_call_runs(transaction: Any) -> dict[str, int]:
        runs.append(1)
        if len(runs) == 1:
            change = Store.product_count.add(1) if column == "product_count" else Store.last_activity_at.set(NOON)
            Store(store.id).update([change])
        return count_rows(transaction)

    monkeypatch.setattr(census.store_row_counts, "count_rows", count_while_a_call_runs)
    census.count_store(CensusRequested(store_id=store.id))
    assert len(runs) == 2
    if column == "product_count":
        assert counters(store)[0] == 0
    else:
        assert counters(store)[0] == 4
        assert [each.attempt for each in requests] == [2]


@pytest.mark.parametrize("status", [DatabaseStatus.MOVING, DatabaseStatus.SUSPENDED, None])
def test_a_store_without_an_active_database_is_not_connected_to(status: DatabaseStatus | None) -> None:
    store = new_store(database_status=status, product_count=4)
    census.count_store(CensusRequested(store_id=store.id))
    assert counters(store)[0] == 4


def test_a_store_whose_server_is_down_or_whose_row_is_gone_is_skipped(
    shared_database: StoreDatabase, requests: list[CensusRequested]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    down = replace(shared_database.place, server=replace(shared_database.place.server, port=port))
    store = connected_store(replace(shared_database, place=down), product_count=4)
    for store_id in (store.id, ids.new()):
        census.count_store(CensusRequested(store_id=store_id))
    assert (counters(store)[0], requests) == (4, [])
