"""The hourly roll-up: only stores that were called, hours until they are final, days set and never added."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kit import clock, ids, tombstones
from chalicelib.platform.models import ApiUsageLog, Store, UsageHour, UsageMetric
from chalicelib.platform.service import usage_hours
from chalicelib.platform.service.usage_logs import record_call
from tests.platform.clocks import set_clock
from tests.platform.data_calls import NOON, data_call
from tests.platform.schedules import run_schedule
from tests.platform.stores import new_store

Drain = Callable[[], list[dict[str, Any]]]
DAY = NOON.date()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def figures(store_id: str) -> tuple[Any, ...]:
    row = UsageMetric.get(store_id, DAY)
    return row.api_calls, row.api_errors, row.products_created, row.orders_created, row.orders_total_value


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with calls in two hours."""
    row = new_store(product_count=3, storage_used_bytes=77)
    record_call(data_call(row.id, method="POST", changes={"products": {"created": 2, "updated": 1}}))
    record_call(data_call(row.id, status_code=404, started_at=NOON + MINUTE))
    order = {"changes": {"orders": {"created": 1}}, "amount": Decimal("19.905"), "endpoint": "/v1/store/orders"}
    record_call(data_call(row.id, method="POST", started_at=NOON + HOUR, **order))
    set_clock(monkeypatch, NOON + HOUR + 5 * MINUTE)
    return row


def test_hours_and_days_are_set_from_the_logs(store: Store, drain: Drain) -> None:
    for _ in range(2):
        run_schedule("platform-roll_up_usage", clock.now())
        assert drain() == []
    assert figures(store.id) == (3, 1, 2, 1, Decimal("19.905"))
    row = UsageMetric.get(store.id, DAY)
    assert (row.products_updated, row.total_products, row.storage_total_bytes) == (1, 3, 77)
    first, second = UsageHour.query(store.id)
    assert (first.calls, first.errors, first.changes) == (2, 1, {"products": {"created": 2, "updated": 1}})
    assert (second.calls, second.changes) == (1, {"orders": {"created": 1, "amount": "19.905"}})
    assert not first.is_final


def test_a_late_call_is_counted_until_its_hour_is_final(
    store: Store, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_schedule("platform-roll_up_usage", clock.now())
    assert drain() == []
    for hours, minutes, calls in ((2, 59, 4), (3, 0, 5), (4, 5, 5)):
        record_call(data_call(store.id, started_at=NOON + 59 * MINUTE))
        set_clock(monkeypatch, NOON + hours * HOUR + minutes * MINUTE)
        run_schedule("platform-roll_up_usage", clock.now())
        assert drain() == []
        assert figures(store.id)[0] == calls
    assert UsageHour.get(store.id, NOON).is_final


def test_after_a_day_of_downtime_every_hour_is_computed(
    store: Store, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_schedule("platform-roll_up_usage", NOON - HOUR)
    assert drain() == []
    set_clock(monkeypatch, NOON + 30 * HOUR)
    run_schedule("platform-roll_up_usage", clock.now())
    assert drain() == []
    assert figures(store.id)[0] == 3
    assert all(row.is_final for row in UsageHour.query(store.id))


def test_the_totals_of_a_day_stay_after_it(store: Store, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    totals = []
    for hours in (1, 12, 13):
        Store(store.id).update([Store.product_count.add(1)])
        set_clock(monkeypatch, NOON + hours * HOUR + 5 * MINUTE)
        usage_hours.roll_up_usage(store.id, [NOON])
        totals.append(UsageMetric.get(store.id, DAY).total_products)
    assert totals == [4, 5, 5]


def test_a_computation_from_earlier_logs_never_replaces_a_later_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = clock.now()
    usage_hours.roll_up_usage(store.id, [NOON, NOON + HOUR])
    for log in ApiUsageLog.query(f"{store.id}/{DAY}", limit=1):
        log.delete()  # an earlier reader did not see it
    set_clock(monkeypatch, late - MINUTE)
    usage_hours.roll_up_usage(store.id, [NOON, NOON + HOUR])
    assert UsageHour.get(store.id, NOON).calls == 2
    assert figures(store.id)[0] == 3


def test_concurrent_roll_ups_and_calls_end_with_every_call_counted(store: Store) -> None:
    def call(number: int) -> None:
        record_call(data_call(store.id, started_at=NOON + number * timedelta(milliseconds=1)))

    with ThreadPoolExecutor(8) as pool:
        rolls = [pool.submit(usage_hours.roll_up_usage, store.id, [NOON]) for _ in range(4)]
        list(pool.map(call, range(50)))
        for roll in rolls:
            roll.result()
    usage_hours.roll_up_usage(store.id, [NOON])
    usage_hours.roll_up_usage(store.id, [NOON + HOUR])
    assert figures(store.id)[0] == 53 == sum(row.calls for row in UsageHour.query(store.id))


def test_the_roll_up_of_a_missing_or_erased_store_writes_nothing(drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    missing, erased = ids.new(), new_store().id
    for store_id in (missing, erased):
        record_call(data_call(store_id))
    set_clock(monkeypatch, NOON)
    tombstones.add(f"store:{erased}")
    run_schedule("platform-roll_up_usage", NOON)
    assert drain() == []
    for store_id in (missing, erased):
        assert UsageMetric.count(store_id) == 0
