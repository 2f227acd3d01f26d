"""The speed of endpoints over all stores of an hour, in steps, and never replaced by one of fewer calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.kit import messages
from chalicelib.platform.models import PerformanceMetric
from chalicelib.platform.schemas.measure_messages import PerformanceRequested
from chalicelib.platform.service import usage_hours
from chalicelib.platform.service.measures import performance, recomputation
from chalicelib.platform.service.usage_logs import record_call
from tests.platform.clocks import set_clock
from tests.platform.data_calls import NOON, data_call
from tests.platform.stores import new_store

Drain = Callable[[], list[dict[str, Any]]]
_hours = count(1)
PRODUCTS, ORDERS = "/v1/store/{table} products", "/v1/store/orders"


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """An hour in which no other test has calls; the present one is after it."""
    moment = NOON - next(_hours) * timedelta(days=1)
    set_clock(monkeypatch, moment + timedelta(hours=1))
    return moment


def call_stores(hour: datetime, stores: int, **fields: Any) -> None:
    """Let each of new stores call the products twice and the orders once, and roll them up."""
    for number in range(stores):
        store_id = new_store().id
        for each in range(2):
            latency = 10 * (2 * number + each + 1)
            record_call(data_call(store_id, started_at=hour, response_time_ms=latency, **fields))
        record_call(data_call(store_id, started_at=hour, endpoint=ORDERS, status_code=409, response_time_ms=500))
        usage_hours.roll_up_usage(store_id, [hour])


def metrics(hour: datetime) -> dict[str, tuple[Any, ...]]:
    rows = PerformanceMetric.by_hour.query(hour)
    return {row.endpoint: (row.calls, row.errors, row.p50_ms, row.p95_ms, row.p99_ms) for row in rows}


def test_the_latencies_of_all_stores_are_merged(hour: datetime) -> None:
    call_stores(hour, 5)
    performance.continue_measuring(PerformanceRequested(hour=hour))
    found = metrics(hour)
    assert found[ORDERS][:2] == (5, 5)
    calls, errors, *latencies = found[PRODUCTS]
    assert (calls, errors) == (10, 0)
    for measured, exact in zip(latencies, (50, 90, 90), strict=True):
        assert measured == pytest.approx(exact, rel=0.03)
    row = PerformanceMetric.get(PRODUCTS, hour)
    assert row.expires_epoch == hour + PerformanceMetric.KEEP


def test_an_hour_is_measured_in_steps_the_same(hour: datetime, monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    call_stores(hour, 5)
    performance.continue_measuring(PerformanceRequested(hour=hour))
    whole = metrics(hour)
    for row in PerformanceMetric.by_hour.query(hour):
        PerformanceMetric(row.endpoint, hour).delete()
    monkeypatch.setattr(performance, "STORES", 1)
    monkeypatch.setattr(performance, "PAGES", 2)
    first = performance.measure_hour(PerformanceRequested(hour=hour))
    assert first is not None
    assert metrics(hour) == {}
    for _ in range(2):  # delivered twice
        messages.publish(first)
    assert drain() == []
    assert metrics(hour) == whole


def test_figures_of_fewer_calls_never_replace_those_of_more(hour: datetime) -> None:
    call_stores(hour, 1)
    performance.continue_measuring(PerformanceRequested(hour=hour))
    PerformanceMetric(PRODUCTS, hour).update([PerformanceMetric.calls.set(3)])  # of a measurement that read more
    performance.continue_measuring(PerformanceRequested(hour=hour))
    assert metrics(hour)[PRODUCTS][0] == 3
    call_stores(hour, 1)
    performance.continue_measuring(PerformanceRequested(hour=hour))
    assert metrics(hour)[PRODUCTS][0] == 4


def test_performance_is_recomputed_and_equal(hour: datetime, drain: Drain) -> None:
    call_stores(hour, 3)
    performance.continue_measuring(PerformanceRequested(hour=hour))
    whole = metrics(hour)
    for name in whole:
        PerformanceMetric(name, hour).delete()
    assert recomputation.recompute_performance(hour + timedelta(minutes=5), hour + timedelta(minutes=59)) == 1
    assert drain() == []
    assert metrics(hour) == whole
