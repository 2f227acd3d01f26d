"""The census on real databases: counters become what is there, and running calls are not mistaken for a difference."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from chalicelib.kit import clock, ids, messages
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_row_counts
from chalicelib.platform.repository.integration_configs import save_place
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.usage_messages import CensusRequested
from chalicelib.platform.service import census, store_connections
from chalicelib.platform.service.usage_logs import record_call
from chalicelib.platform.store_database.tables import ORDERS, PRODUCTS
from tests.platform.clocks import set_clock
from tests.platform.data_calls import NOON, data_call
from tests.platform.provisioned_stores import PreparedPlace
from tests.platform.schedules import run_schedule
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


@pytest.fixture
def prepared(
    prepared_places: Callable[[str], PreparedPlace], request: pytest.FixtureRequest
) -> Iterator[PreparedPlace]:
    """The empty tables of a store: of the kind that the test is parametrised with, else of `shared`."""
    place = prepared_places(getattr(request, "param", "shared"))
    place.empty()  # other tests of this process use the same tables
    yield place
    store_connections.close_connections()
    place.empty()


def connected_store(prepared: PreparedPlace, port: int | None = None, **columns: Any) -> Store:
    """Write a store whose tables are in this place, or at another port of its server."""
    columns = {"database_status": DatabaseStatus.ACTIVE, "config_version": 1, **columns}
    store = new_store(database_type=prepared.database_type, **columns)
    server = replace(prepared.place.server, port=port or prepared.place.server.port)
    save_place(store.id, prepared.database_type, replace(prepared.place, server=server))
    return store


def add_products(store: Store, count: int) -> None:
    """Insert products as nobody counts them."""
    now = clock.now()
    rows = [
        {"id": ids.new(), "name": "Tea", "slug": ids.new(), "sku": ids.new(), "created_at": now, "updated_at": now}
        for _ in range(count)
    ]
    with store_connections.transaction(store) as transaction:
        transaction.connection.execute(insert(PRODUCTS), rows)


def add_order(store: Store, number: int, placed_at: datetime) -> None:
    """Insert an order as nobody counts it."""
    totals = dict.fromkeys(("subtotal", "discount_total", "tax_total", "shipping_total", "total"), 0)
    times = {"placed_at": placed_at, "created_at": placed_at, "updated_at": placed_at}
    row = {"id": ids.new(), "number": number, "status": "pending", "currency": "USD"} | totals | times
    with store_connections.transaction(store) as transaction:
        transaction.connection.execute(insert(ORDERS), [row])


def counters(store: Store) -> tuple[int, int, int]:
    row = Store.get(store.id)
    return row.product_count, row.order_count, row.storage_used_bytes


@pytest.mark.parametrize("prepared", ["shared", "mysql"], indirect=True)
def test_a_night_corrects_the_counters_of_called_stores(prepared: PreparedPlace, drain: Drain) -> None:
    too_high = connected_store(prepared, product_count=9, order_count=2, last_activity_at=LONG_AGO)
    too_low = connected_store(prepared, product_count=1, storage_used_bytes=5)
    idle = connected_store(prepared, product_count=7)
    add_products(idle, 3)
    for store in (too_high, too_low):
        record_call(data_call(store.id))
    for _ in range(2):
        run_schedule("platform-count_rows", NOON)
        assert drain() == []
    assert counters(too_high) == counters(too_low) == (3, 0, 0)
    assert counters(idle) == (7, 0, 0)


def test_a_busy_stores_difference_is_what_every_count_shows(
    prepared: PreparedPlace, requests: list[CensusRequested]
) -> None:
    store = connected_store(prepared, product_count=5, last_activity_at=NOON)
    add_products(store, 3)
    census.count_store(CensusRequested(store_id=store.id))
    Store(store.id).update([Store.product_count.set(7)])  # two products are reserved and not yet created
    for _ in range(2):
        census.count_store(requests[-1])
    assert [each.drift for each in requests] == [{"product_count": -2}] * 3
    assert counters(store)[0] == 7
    census.count_store(requests[-1])
    assert counters(store)[0] == 5
    assert len(requests) == census.ATTEMPTS - 1


def test_reservations_in_flight_are_no_difference(prepared: PreparedPlace, requests: list[CensusRequested]) -> None:
    store = connected_store(prepared, product_count=4, last_activity_at=NOON)
    add_products(store, 3)
    census.count_store(CensusRequested(store_id=store.id))
    add_products(store, 1)
    for request in requests:
        census.count_store(request)
    assert len(requests) == 1
    assert counters(store)[0] == 4


@pytest.mark.parametrize("prepared", ["shared", "mysql"], indirect=True)
def test_the_orders_of_the_month_are_corrected(prepared: PreparedPlace) -> None:
    store = connected_store(prepared, orders_month=9, order_count=4, usage_month="2031-11", last_activity_at=LONG_AGO)
    start, end = datetime(2031, 11, 1, tzinfo=UTC), datetime(2031, 12, 1, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    for number, placed_at in enumerate((start - moment, start, end - moment, end)):
        add_order(store, number, placed_at)
    census.count_store(CensusRequested(store_id=store.id))
    row = Store.get(store.id)
    assert (row.order_count, row.orders_month, row.usage_month) == (4, 2, "2031-11")


def test_a_difference_of_another_month_does_not_confirm_one_of_this_month(
    prepared: PreparedPlace, requests: list[CensusRequested]
) -> None:
    store = connected_store(prepared, product_count=2, orders_month=9, usage_month="2031-10", last_activity_at=NOON)
    census.count_store(CensusRequested(store_id=store.id))
    Store(store.id).update([Store.usage_month.set("2031-11"), Store.orders_month.set(1)])  # one order is reserved
    census.count_store(requests[-1])
    assert [each.drift for each in requests] == [{"product_count": -2, "orders_month": -9}, {"product_count": -2}]


@pytest.mark.parametrize("column", ["last_activity_at", "product_count", "usage_month"])
def test_a_call_during_the_count_makes_it_start_again(
    prepared: PreparedPlace, requests: list[CensusRequested], monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    store = connected_store(prepared, product_count=4, last_activity_at=LONG_AGO)
    count_rows, runs = store_row_counts.count_rows, list[int]()

    def count_while_a_call_runs(
        transaction: StoreTransaction, month: tuple[datetime, datetime] | None
    ) -> dict[str, int]:
        runs.append(1)
        if len(runs) == 1:
            changes = {
                "last_activity_at": Store.last_activity_at.set(NOON),
                "product_count": Store.product_count.add(1),
                "usage_month": Store.usage_month.set("2031-12"),
            }
            Store(store.id).update([changes[column]])
        return count_rows(transaction, month)

    monkeypatch.setattr(store_row_counts, "count_rows", count_while_a_call_runs)
    census.count_store(CensusRequested(store_id=store.id))
    assert len(runs) == 2
    if column == "last_activity_at":
        assert counters(store)[0] == 4
        assert [each.attempt for each in requests] == [2]
    else:
        assert counters(store)[0] == 0


@pytest.mark.parametrize("status", [DatabaseStatus.MOVING, DatabaseStatus.SUSPENDED, None])
def test_a_store_without_an_active_database_is_not_connected_to(status: DatabaseStatus | None) -> None:
    store = new_store(database_status=status, product_count=4)
    census.count_store(CensusRequested(store_id=store.id))
    assert counters(store)[0] == 4


def test_a_store_whose_server_is_down_or_whose_row_is_gone_is_skipped(
    prepared: PreparedPlace, requests: list[CensusRequested]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    store = connected_store(prepared, port, product_count=4)
    for store_id in (store.id, ids.new()):
        census.count_store(CensusRequested(store_id=store_id))
    assert (counters(store)[0], requests) == (4, [])
