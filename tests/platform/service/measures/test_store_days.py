"""The days of a store on both dialects: the store's own midnight, which orders count, and what is measured again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kit import clock, ids
from chalicelib.platform.domain.store_days import local_date
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.enums import DatabaseStatus
from chalicelib.platform.models import Store, StoreAnalytics
from chalicelib.platform.repository import usage_hours
from chalicelib.platform.schemas.measure_messages import StoreDaysRequested
from chalicelib.platform.service import operator_stores
from chalicelib.platform.service.measures.store_days import measure_store
from chalicelib.platform.store_database.tables import ORDERS
from tests.platform.clocks import set_clock
from tests.platform.measured_orders import add_order, add_visits
from tests.platform.provisioning import Drain
from tests.platform.store_databases import StoreDatabase, connected_store
from tests.platform.store_rows import add_customer, execute

SUNDAY = date(2026, 10, 25)
"""In Berlin the clocks go back on it: it has 25 hours, and ends at 23:00 UTC."""
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
START, END = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def store(either_database: StoreDatabase) -> Store:
    """A store in Berlin's time zone."""
    return connected_store(either_database, timezone="Europe/Berlin", created_at=CREATED)


def measure(store: Store, *days: date) -> None:
    measure_store(StoreDaysRequested(store_id=store.id, days=days))


def figures(store: Store, day: date = SUNDAY) -> tuple[Any, ...]:
    row = StoreAnalytics.get(store.id, day)
    return row.visits, row.orders, row.revenue, row.avg_order_value, row.conversion_rate, row.new_customers


def test_a_day_counts_from_the_stores_midnight_to_the_next(store: Store) -> None:
    for moment, total in ((START - MOMENT, "1"), (START, "10.05"), (END - MOMENT, "20"), (END, "500")):
        add_order(store, moment, total)
        add_customer(store, created_at=moment)
    add_visits(store, SUNDAY, 8, END)
    measure(store, SUNDAY)
    assert figures(store) == (8, 2, Decimal("30.05"), Decimal("15.0250"), Decimal("0.25"), 2)


def test_cancelled_and_refunded_orders_do_not_count_and_foreign_ones_have_no_revenue(store: Store) -> None:
    for status in ("pending", "paid", "fulfilled", "cancelled", "refunded"):
        add_order(store, START, "10", status)
    add_order(store, START, "7", currency="EUR")
    measure(store, SUNDAY)
    assert figures(store) == (0, 4, Decimal(30), Decimal(10), None, 0)


def test_a_later_measurement_sets_what_has_changed_and_adds_nothing(store: Store) -> None:
    order = add_order(store, START, "10")
    for _ in range(2):
        measure(store, SUNDAY - timedelta(days=1), SUNDAY)
    assert figures(store)[1:3] == (1, Decimal(10))
    execute(store, ORDERS.update().where(ORDERS.c.id == order).values(status="cancelled"))
    add_visits(store, SUNDAY, 3, END)
    measure(store, SUNDAY)
    assert figures(store) == (3, 0, Decimal(0), None, Decimal(0), 0)
    assert figures(store, SUNDAY - timedelta(days=1))[1] == 0


def test_an_earlier_measurement_never_replaces_a_later_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, END)
    order = add_order(store, START, "10")
    measure(store, SUNDAY)
    execute(store, ORDERS.delete().where(ORDERS.c.id == order))
    set_clock(monkeypatch, END - timedelta(minutes=1))
    measure(store, SUNDAY)
    assert figures(store)[1] == 1


def test_days_before_the_store_existed_are_not_measured(store: Store) -> None:
    measure(store, date(2025, 12, 31), date(2026, 1, 1))
    assert [row.date for row in StoreAnalytics.query(store.id)] == [date(2026, 1, 1)]


@pytest.mark.parametrize(
    "columns",
    [
        {"is_active": False, "database_status": DatabaseStatus.SUSPENDED},
        {"database_status": DatabaseStatus.PROVISIONING},
        {"database_status": DatabaseStatus.DELETING},
        {"config_version": 0, "database_type": None, "database_status": None},
    ],
)
def test_a_store_without_a_database_in_use_is_skipped(shared_database: StoreDatabase, columns: dict[str, Any]) -> None:
    store = connected_store(shared_database, created_at=CREATED)
    for name, value in columns.items():
        setattr(store, name, value)
    store.save()
    measure(store, SUNDAY)
    assert StoreAnalytics.count(store.id) == 0


def test_the_days_before_a_suspension_are_measured_after_it(store: Store, drain: Drain) -> None:
    called_at = clock.now() - timedelta(days=40)
    usage_hours.add_hour(store.id, start_of_hour(called_at))
    usage_hours.add_hour(store.id, start_of_hour(clock.now()))
    add_order(store, called_at, "10")
    operator_stores.suspend_store(store.id, "unpaid")
    day = local_date(start_of_hour(called_at), store.timezone)
    measure(store, day)
    assert StoreAnalytics.count(store.id) == 0
    operator_stores.reactivate_store(store.id)
    assert drain() == []
    assert [row.date for row in StoreAnalytics.query(store.id)] == [day], "today has not ended"
    assert figures(store, day)[1] == 1


def test_a_missing_store_and_one_whose_server_is_down_end_no_other_message(shared_database: StoreDatabase) -> None:
    measure_store(StoreDaysRequested(store_id=ids.new(), days=(SUNDAY,)))
    store = connected_store(shared_database, created_at=CREATED)
    shared_database.execute("ALTER TABLE {schema}.orders RENAME TO orders_away")
    try:
        measure(store, SUNDAY)
    finally:
        shared_database.execute("ALTER TABLE {schema}.orders_away RENAME TO orders")
    assert StoreAnalytics.count(store.id) == 0
    measure(store, SUNDAY)
    assert StoreAnalytics.count(store.id) == 1
