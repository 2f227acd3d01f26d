"""Reservations within a plan's limits, under concurrent callers and at the turn of a month."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import clock, ids
from chalicelib.platform.domain.plan_limits import month_of
from chalicelib.platform.enums import StorePlan, StoreSubscriptionStatus
from chalicelib.platform.errors import PlanLimitReached, StoreNotFound
from chalicelib.platform.models import Store
from chalicelib.platform.service import plan_limits
from tests.platform.stores import new_store

LIMITS = {
    "max_products": 25,
    "max_orders_per_month": 50,
    "max_storage_gb": 1,
    "max_api_calls_per_month": 10_000,
}
LAST_MONTH = "2001-01"


def _outcomes(count: int, work: Callable[[], Any]) -> list[Any]:
    """Call `work` in parallel and return the results, with the problem for each refusal."""

    def attempt(_: int) -> Any:
        try:
            return work()
        except PlanLimitReached as problem:
            return problem

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(attempt, range(count)))


def test_of_50_parallel_products_the_plan_lets_as_many_in_as_fit() -> None:
    store = new_store(product_count=15)
    outcomes = _outcomes(50, lambda: plan_limits.reserve_products(store, 1))
    assert outcomes.count(None) == 10
    assert Store.get(store.id).product_count == 25


def test_several_products_fit_together_or_not_at_all() -> None:
    store = new_store(product_count=20)
    outcomes = _outcomes(10, lambda: plan_limits.reserve_products(store, 2))
    assert outcomes.count(None) == 2
    assert Store.get(store.id).product_count == 24


def test_a_refusal_names_the_limit_and_the_plan_to_upgrade_to() -> None:
    store = new_store(product_count=20)
    with pytest.raises(PlanLimitReached) as refusal:
        plan_limits.reserve_products(store, 490)
    assert refusal.value.as_dict("r") | {
        "limit": 25,
        "used": 20,
        "upgrade_to": "professional",
    } == refusal.value.as_dict("r")


def test_the_largest_plan_has_no_plan_to_upgrade_to() -> None:
    store = new_store(product_count=100_000, limits={**LIMITS, "max_products": 100_000})
    with pytest.raises(PlanLimitReached) as refusal:
        plan_limits.reserve_products(store, 1)
    assert refusal.value.extras["upgrade_to"] is None


def test_products_that_are_given_back_leave_room() -> None:
    store = new_store(product_count=25)
    plan_limits.give_back_products(store.id, 3)
    plan_limits.reserve_products(store, 3)
    plan_limits.give_back_products(store.id, 100)
    assert Store.get(store.id).product_count == 0


def test_a_reservation_uses_the_limits_that_the_row_has_now() -> None:
    store = new_store(product_count=25)
    Store(store.id).update([Store.limits.set({**LIMITS, "max_products": 30})])
    plan_limits.reserve_products(store, 5)
    Store(store.id).update([Store.limits.set({**LIMITS, "max_products": 29})])
    with pytest.raises(PlanLimitReached):
        plan_limits.reserve_products(store, 1)


def test_50_parallel_orders_get_different_numbers_and_end_at_the_limit() -> None:
    store = new_store(orders_month=20, order_count=120, order_number=130)
    outcomes = _outcomes(50, lambda: plan_limits.reserve_order(store))
    numbers = [each.number for each in outcomes if not isinstance(each, PlanLimitReached)]
    assert sorted(numbers) == list(range(131, 161))
    row = Store.get(store.id)
    assert (row.orders_month, row.order_count, row.order_number) == (50, 150, 160)


def test_the_first_orders_of_a_month_open_it_once() -> None:
    store = new_store(usage_month=LAST_MONTH, orders_month=50, api_calls_month=9_000, order_count=50, order_number=50)
    outcomes = _outcomes(20, lambda: plan_limits.reserve_order(store))
    row = Store.get(store.id)
    assert sorted(each.number for each in outcomes) == list(range(51, 71))
    assert (row.usage_month, row.orders_month, row.api_calls_month) == (month_of(clock.now()), 20, 0)


def test_a_process_whose_clock_is_behind_counts_in_the_new_month() -> None:
    store = new_store(usage_month="2999-01", orders_month=7)
    assert plan_limits.reserve_order(store).month == "2999-01"
    assert Store.get(store.id).orders_month == 8


def test_an_order_is_given_back_in_the_month_that_it_was_counted_in() -> None:
    store = new_store()
    order = plan_limits.reserve_order(store)
    plan_limits.give_back_order(store.id, order)
    assert Store.get(store.id).orders_month == 0
    assert plan_limits.reserve_order(store).number == order.number + 1


def test_an_order_of_an_earlier_month_takes_nothing_from_the_present_one() -> None:
    store = new_store(orders_month=3, order_count=9)
    plan_limits.give_back_order(store.id, plan_limits.ReservedOrder(9, LAST_MONTH))
    row = Store.get(store.id)
    assert (row.orders_month, row.order_count) == (3, 8)


def test_an_access_that_ended_without_a_message_leaves_the_free_plans_limits() -> None:
    ended = clock.now() - timedelta(minutes=1)
    store = new_store(
        product_count=20,
        limits={**LIMITS, "max_products": 500},
        subscription_plan=StorePlan.STARTER,
        access_until=ended,
        subscriptions={
            "one": {"version": 4, "plan": "starter", "status": "active", "access_until": clock.iso(ended), "limits": {}}
        },
    )
    outcomes = _outcomes(20, lambda: plan_limits.reserve_products(store, 1))
    row = Store.get(store.id)
    assert outcomes.count(None) == 5
    assert (row.product_count, row.limits) == (25, LIMITS)
    assert row.access_until is None
    assert (row.subscription_plan, row.subscription_status) == (StorePlan.FREE, StoreSubscriptionStatus.EXPIRED)


def test_nothing_is_counted_for_a_store_that_does_not_exist() -> None:
    store = new_store()
    missing = Store(ids.new(), limits=store.limits)
    with pytest.raises(StoreNotFound):
        plan_limits.reserve_order(missing)
    with pytest.raises(StoreNotFound):
        plan_limits.reserve_products(missing, 1)
