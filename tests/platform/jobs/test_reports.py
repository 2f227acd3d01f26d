"""The hourly schedule of the measures: days that have ended of stores that were called, hours with calls, open months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kit import tombstones
from chalicelib.platform.models import (
    PerformanceMetric,
    RevenueEntry,
    RevenueReport,
    Store,
    StoreAnalytics,
    UsageStatistic,
)
from chalicelib.platform.service import usage_hours
from chalicelib.platform.service.measures import recomputation
from chalicelib.platform.service.usage_logs import record_call
from tests.platform.clocks import set_clock
from tests.platform.data_calls import data_call
from tests.platform.measured_orders import add_order, add_visits
from tests.platform.schedules import run_schedule
from tests.platform.store_databases import StoreDatabase, connected_store
from tests.platform.stores import new_store

Drain = Callable[[], list[dict[str, Any]]]
Run = Callable[[datetime], None]
DAY = date(2031, 3, 12)
"""A day in Tokyo: from 15:00 UTC of the day before to 15:00."""
END = datetime(2031, 3, 12, 15, tzinfo=UTC)
MEASURED = END + timedelta(hours=2)
HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
CREATED = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, END + HOUR / 2)


@pytest.fixture
def run(drain: Drain, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the schedule at a time, and handle what it queues."""

    def at(moment: datetime) -> None:
        set_clock(monkeypatch, moment)
        run_schedule("platform-write_reports", moment)
        assert drain() == []

    return at


def called_store(database: StoreDatabase, moment: datetime, **columns: Any) -> Store:
    """Write a store in Tokyo's time zone that was called at a time, and roll the call up."""
    store = connected_store(database, **{"timezone": "Asia/Tokyo", "created_at": CREATED} | columns)
    record_call(data_call(store.id, started_at=moment))
    usage_hours.roll_up_usage(store.id, [moment.replace(minute=0)])
    return store


def measured(store: Store) -> list[date]:
    return [row.date for row in StoreAnalytics.query(store.id)]


def test_a_day_is_measured_two_hours_after_its_end_with_the_three_days_before(
    shared_database: StoreDatabase, run: Run
) -> None:
    store = called_store(shared_database, END - 20 * HOUR)
    add_order(store, END - HOUR, "10")
    run(MEASURED - HOUR)
    assert measured(store) == []
    run(MEASURED)
    assert measured(store) == [DAY - 3 * ONE_DAY, DAY - 2 * ONE_DAY, DAY - ONE_DAY, DAY]
    row = StoreAnalytics.get(store.id, DAY)
    assert (row.orders, row.revenue) == (1, Decimal(10))
    for hours in (1, 12, 23):
        run(MEASURED + hours * HOUR)
    assert StoreAnalytics.get(store.id, DAY).computed_at == row.computed_at


def test_what_arrives_late_is_measured_with_the_next_days(shared_database: StoreDatabase, run: Run) -> None:
    store = called_store(shared_database, END - HOUR)
    run(MEASURED)
    add_order(store, END - HOUR, "10")
    add_visits(store, DAY, 5, END)
    record_call(data_call(store.id, started_at=END + 5 * HOUR))
    run(MEASURED + ONE_DAY)
    row = StoreAnalytics.get(store.id, DAY)
    assert (row.orders, row.visits, row.conversion_rate) == (1, 5, Decimal("0.2"))


def test_a_store_that_nobody_called_is_not_measured(shared_database: StoreDatabase, run: Run) -> None:
    store = connected_store(shared_database, timezone="Asia/Tokyo", created_at=CREATED)
    earlier = called_store(shared_database, END - 4 * ONE_DAY)
    run(MEASURED)
    assert measured(store) == measured(earlier) == []


def test_after_a_downtime_every_day_is_measured(shared_database: StoreDatabase, run: Run) -> None:
    run(MEASURED - HOUR)
    store = called_store(shared_database, END - HOUR)
    run(MEASURED + 2 * ONE_DAY + 5 * HOUR)
    assert measured(store) == [DAY + number * ONE_DAY for number in range(-3, 3)]


def test_an_erased_store_is_not_measured(shared_database: StoreDatabase, run: Run) -> None:
    store = called_store(shared_database, END - HOUR)
    tombstones.add(f"store:{store.id}")
    run(MEASURED)
    assert measured(store) == []


def test_hours_with_calls_and_open_months_are_computed(run: Run) -> None:
    store = new_store()
    record_call(data_call(store.id, started_at=END))
    usage_hours.roll_up_usage(store.id, [END])
    month = f"{END:%Y-%m}"
    entry = RevenueEntry(month, "payment:reports", store_id=store.id, currency="USD", version=1, occurred_at=END)
    entry.amount = Decimal(7)
    entry.save()
    run(END + HOUR)
    assert list(PerformanceMetric.by_hour.query(END)) == []
    run(END + 2 * HOUR)
    [row] = PerformanceMetric.by_hour.query(END)
    assert row.calls >= 1
    report = RevenueReport.get(month)
    assert (report.total_revenue, report.is_final) == (Decimal(7), False)
    run(datetime(2031, 4, 3, 23, tzinfo=UTC))
    assert not RevenueReport.get(month).is_final
    run(datetime(2031, 4, 4, 0, 30, tzinfo=UTC))
    assert RevenueReport.get(month).is_final


def test_all_figures_of_a_store_are_recomputed_and_equal(
    shared_database: StoreDatabase, run: Run, drain: Drain
) -> None:
    store = called_store(shared_database, END - HOUR)
    for number, status in enumerate(("paid", "cancelled", "refunded", "pending")):
        add_order(store, END - number * 7 * HOUR, "12.34", status)
    add_visits(store, DAY, 9, END)
    run(MEASURED)
    before = figures(store)
    assert before["2031-03"]["api_calls"] == 1
    for model, key in ((StoreAnalytics, store.id), (UsageStatistic, "2031-03")):
        for row in model.query(key):
            row.delete()
    assert recomputation.recompute_store(store.id, DAY - 3 * ONE_DAY, DAY) == 4
    assert drain() == []
    assert figures(store) == before


def figures(store: Store) -> dict[str, dict[str, Any]]:
    """Return the figures of the store's days and of the month, without the times of their computation."""
    rows = {row.date.isoformat(): dict(row.attribute_values) for row in StoreAnalytics.query(store.id)}
    rows["2031-03"] = dict(UsageStatistic.get("2031-03", store.id).attribute_values)
    return {key: {name: value for name, value in row.items() if name != "computed_at"} for key, row in rows.items()}
