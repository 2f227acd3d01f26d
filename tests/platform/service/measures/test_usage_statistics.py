"""A store's months: summed from its days, set again the same, and counted once when it comes near a limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.kit import ids, metrics
from chalicelib.platform.errors import StoreNotFound
from chalicelib.platform.models import Store, UsageMetric, UsageStatistic
from chalicelib.platform.service.measures import recomputation
from chalicelib.platform.service.measures.usage_statistics import compute_months
from tests.platform.clocks import set_clock
from tests.platform.stores import new_store

Drain = Callable[[], list[dict[str, Any]]]
NOW = datetime(2031, 11, 5, 12, tzinfo=UTC)
LIMITS = {"max_products": 100, "max_orders_per_month": 50, "max_storage_gb": 2, "max_api_calls_per_month": 1_000}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with calls on three days of two months."""
    set_clock(monkeypatch, NOW)
    row = new_store(limits=LIMITS)
    for day, calls, products in ((date(2031, 10, 31), 7, 10), (date(2031, 11, 1), 10, 70), (date(2031, 11, 4), 20, 83)):
        add_day(row, day, api_calls=calls, total_products=products)
    return row


def add_day(store: Store, day: date, **figures: Any) -> None:
    UsageMetric(store.id, day, orders_created=1, storage_total_bytes=500, created_at=NOW, **figures).save()


def month(store: Store, period: str = "2031-11") -> dict[str, Any]:
    return dict(UsageStatistic.get(period, store.id).attribute_values)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return the list that metrics are written to from now on."""
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(metrics, "write", lambda metric, value, _: found.append((metric.name, value)))
    return found


def test_a_month_is_summed_from_its_days(store: Store) -> None:
    compute_months(store, [date(2031, 11, 3), date(2031, 11, 4)])
    assert month(store) == {
        "period": "2031-11",
        "store_id": store.id,
        "products": 83,
        "orders": 2,
        "storage_bytes": 500,
        "api_calls": 30,
        "over_limit": ["max_products:83"],
    }
    with pytest.raises(UsageStatistic.DoesNotExist):
        month(store, "2031-10")


def test_days_at_the_months_turn_set_both_months(store: Store) -> None:
    compute_months(store, [date(2031, 11, 1)])
    assert (month(store)["api_calls"], month(store, "2031-10")["api_calls"]) == (30, 7)


def test_a_store_without_calls_in_the_month_has_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, NOW)
    store = new_store()
    compute_months(store, [date(2031, 11, 4)])
    assert [row for row in UsageStatistic.query("2031-11") if row.store_id == store.id] == []


def test_a_store_that_comes_near_a_limit_is_counted_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    found = counted(monkeypatch)
    for calls in (20, 20, 30):
        add_day(store, date(2031, 11, 4), api_calls=calls, total_products=83)
        compute_months(store, [date(2031, 11, 4)])
    assert found == [("StoresNearLimit", 1)]
    add_day(store, date(2031, 11, 5), api_calls=900, total_products=90)
    compute_months(store, [date(2031, 11, 4)])
    assert found == [("StoresNearLimit", 1)] * 2
    assert month(store)["over_limit"] == ["max_api_calls_per_month:94", "max_products:90"]


def test_figures_of_fewer_calls_never_replace_those_of_more(store: Store) -> None:
    compute_months(store, [date(2031, 11, 4)])
    UsageMetric(store.id, date(2031, 11, 4)).delete()  # an earlier reader did not see it
    compute_months(store, [date(2031, 11, 4)])
    assert month(store)["api_calls"] == 30


def test_months_are_recomputed_and_equal(store: Store, drain: Drain) -> None:
    compute_months(store, [date(2031, 11, 1)])
    before = month(store), month(store, "2031-10")
    for period in ("2031-10", "2031-11"):
        UsageStatistic(period, store.id).delete()
    assert recomputation.recompute_store(store.id, date(2031, 10, 1), date(2031, 11, 4)) == 35
    assert drain() == []
    assert (month(store), month(store, "2031-10")) == before


def test_a_store_that_does_not_exist_is_not_recomputed() -> None:
    with pytest.raises(StoreNotFound):
        recomputation.recompute_store(ids.new(), date(2031, 11, 1), date(2031, 11, 4))
