"""The costs of the measures do not grow with orders, entries or idle stores; docs/costs.md has the same table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from chalicelib.platform.models import RevenueEntry
from chalicelib.platform.schemas.measure_messages import (
    PerformanceRequested,
    RevenueReportRequested,
    StoreDaysRequested,
)
from chalicelib.platform.service import allowed_hosts, usage_hours
from chalicelib.platform.service.measures import due_measures, performance, revenue, store_days
from chalicelib.platform.service.usage_logs import record_call
from infra.bench.round_trips import metered
from infra.bench.sql_messages import counted_messages
from infra.docs.measure_costs import MEASURES, MeasureCost
from tests.platform.clocks import set_clock
from tests.platform.data_calls import data_call
from tests.platform.measured_orders import add_order
from tests.platform.service.measures.test_revenue import payment, refund
from tests.platform.store_databases import StoreDatabase, connected_store
from tests.platform.stores import new_store

HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
CREATED = datetime(2031, 1, 1, tzinfo=UTC)
Costs = dict[str, MeasureCost]


@contextmanager
def costs(measured: Costs, name: str) -> Iterator[None]:
    """Measure an operation."""
    with metered() as meter, counted_messages() as sent:
        yield
    cost = meter.cost
    measured[name] = MeasureCost(cost.reads, cost.writes, cost.write_units, cost.sends, len(sent.sent))


@pytest.fixture(params=[3, 60])
def many(request: pytest.FixtureRequest) -> int:
    """How many orders, entries and idle stores there are."""
    return int(request.param)


@pytest.fixture
def end(many: int) -> datetime:
    """The end of a day in UTC, in whose month no other test measures."""
    return datetime(2032, 1 if many == 3 else 2, 12, tzinfo=UTC)


def test_a_stores_day_costs_the_same_with_few_and_many_orders(
    api: httpx2.Client, shared_database: StoreDatabase, monkeypatch: pytest.MonkeyPatch, many: int, end: datetime
) -> None:
    measured: Costs = {}
    store = connected_store(shared_database, created_at=CREATED)
    with monkeypatch.context() as moved:
        set_clock(moved, end)
        allowed_hosts.load_allowed_hosts()
        for number in range(many):
            add_order(store, end - timedelta(minutes=number + 1), "10")
        record_call(data_call(store.id, started_at=end - HOUR))
        usage_hours.roll_up_usage(store.id, [end - HOUR])
        days = tuple(end.date() - back * ONE_DAY for back in range(1, 5))
        message = StoreDaysRequested(store_id=store.id, days=days)
        with costs(measured, "job: four days of a store and its month"):
            store_days.measure_store(message)
        with costs(measured, "job: the same, and the month has not changed"):
            store_days.measure_store(message)
    headers = {"Authorization": f"Bearer {auth.mint(Role.OWNER, store.owner_id)}"}
    with costs(measured, "store's days read"):
        assert api.get(f"/v1/platform/stores/{store.id}/analytics", headers=headers).status_code == 200
    assert measured == {name: MEASURES[name] for name in measured}


def test_revenue_costs_the_same_with_few_and_many_entries(many: int, end: datetime) -> None:
    measured: Costs = {}
    for number in range(many):
        entry = RevenueEntry(f"{end:%Y-%m}", f"payment:{number}", store_id="s", currency="USD", occurred_at=end)
        entry.amount = Decimal(1)
        entry.save()
    with costs(measured, "payment recorded"):
        revenue.record_revenue(payment(payment_id=f"costs-{many}"))
    with costs(measured, "payment with a refund recorded"):
        revenue.record_revenue(payment(payment_id=f"costs-refunded-{many}", version=9, refunds=[refund("1")]))
    with costs(measured, "job: month of revenue"):
        assert revenue.compute_report(RevenueReportRequested(period=f"{end:%Y-%m}")) is None
    assert measured == {name: MEASURES[name] for name in measured}


def test_idle_stores_cost_the_schedule_nothing(monkeypatch: pytest.MonkeyPatch, many: int, end: datetime) -> None:
    measured: Costs = {}
    set_clock(monkeypatch, end)
    for _ in range(many):
        new_store()
    with costs(measured, "schedule: nothing is due"):
        due_measures.request_measures(end, end - HOUR)
    store = new_store()
    for endpoint in ("/v1/store/orders", "/v1/store/{table} products"):
        record_call(data_call(store.id, started_at=end, endpoint=endpoint))
    usage_hours.roll_up_usage(store.id, [end])
    with costs(measured, "schedule: a day of a store and an hour are due"):
        due_measures.request_measures(end + 2 * HOUR, end + HOUR)
    with costs(measured, "job: hour of two endpoints"):
        performance.continue_measuring(PerformanceRequested(hour=end))
    assert measured == {name: MEASURES[name] for name in measured}
