"""The plan of a store follows billing's messages: a trial, its end, a downgrade, late and concurrent messages."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.billing import service as billing
from chalicelib.billing.enums import BillingCycle, OwnerType, SubscriptionStatus
from chalicelib.billing.schemas.messages import SubscriptionChanged
from chalicelib.kit import clock, ids, messages
from chalicelib.platform.enums import StorePlan, StoreSubscriptionStatus
from chalicelib.platform.models import Store
from chalicelib.platform.service import plan_limits
from chalicelib.platform.service.stores import to_store_read
from chalicelib.platform.service.subscriptions import apply_message
from tests.platform.stores import new_store

Drain = Callable[[], list[Any]]


def subscription(store: Store, until: datetime | None, version: int = 1, **fields: Any) -> SubscriptionChanged:
    plan = fields.get("plan_name", "starter")
    values = {
        "owner_type": OwnerType.STORE,
        "subscription_id": "sub",
        "plan_name": plan,
        "status": SubscriptionStatus.ACTIVE,
        "limits": billing.store_plan_limits(plan),
    }
    return SubscriptionChanged(
        **values | fields,
        owner_id=store.id,
        version=version,
        billing_cycle=BillingCycle.MONTHLY,
        current_period_end=until,
        cancel_at_period_end=False,
        access_until=until,
    )


def plan_of(store: Store) -> tuple[StorePlan, StoreSubscriptionStatus, int]:
    row = Store.get(store.id)
    return row.subscription_plan, row.subscription_status, row.limits["max_products"]


def test_a_trial_its_payment_a_downgrade_and_the_end_set_plan_and_limits() -> None:
    store, now = new_store(), clock.now()
    trial_end = now + timedelta(days=14)
    apply_message(subscription(store, trial_end, 1, plan_name="professional", status=SubscriptionStatus.TRIALING))
    assert plan_of(store) == (StorePlan.PROFESSIONAL, StoreSubscriptionStatus.TRIAL, 5_000)
    row = Store.get(store.id)
    assert (row.trial_ends_at, row.access_until, row.version) == (trial_end, trial_end, store.version + 1)
    started_at = row.subscription_started_at
    assert started_at is not None
    apply_message(subscription(store, now + timedelta(days=44), 2, plan_name="professional"))
    assert plan_of(store) == (StorePlan.PROFESSIONAL, StoreSubscriptionStatus.ACTIVE, 5_000)
    apply_message(subscription(store, now + timedelta(days=44), 3))
    assert plan_of(store) == (StorePlan.STARTER, StoreSubscriptionStatus.ACTIVE, 500)
    row = Store.get(store.id)
    assert row.trial_ends_at is None
    assert row.subscription_started_at == started_at
    apply_message(subscription(store, None, 4, status=SubscriptionStatus.CANCELED))
    assert plan_of(store) == (StorePlan.FREE, StoreSubscriptionStatus.CANCELLED, 25)
    assert Store.get(store.id).access_until is None


def test_a_message_of_billing_reaches_the_store_by_its_queue(drain: Drain) -> None:
    store = new_store()
    messages.publish(subscription(store, clock.now() + timedelta(days=30)))
    assert drain() == []
    assert plan_of(store) == (StorePlan.STARTER, StoreSubscriptionStatus.ACTIVE, 500)


def test_an_old_subscriptions_late_message_keeps_the_newer_ones_limits() -> None:
    now = clock.now()
    orders = permutations(
        [
            ("old", 1, now + timedelta(days=3), "enterprise"),
            ("old", 2, None, "enterprise"),
            ("new", 1, now + timedelta(days=30), "starter"),
        ]
    )
    for order in orders:
        store = new_store()
        for subscription_id, version, until, plan in order:
            apply_message(subscription(store, until, version, subscription_id=subscription_id, plan_name=plan))
        assert plan_of(store) == (StorePlan.STARTER, StoreSubscriptionStatus.ACTIVE, 500)


def test_a_repeated_message_writes_nothing() -> None:
    store = new_store()
    message = subscription(store, clock.now() + timedelta(days=30))
    apply_message(message)
    before = Store.get(store.id)
    apply_message(message)
    assert Store.get(store.id).attribute_values == before.attribute_values


def test_concurrent_messages_of_several_subscriptions_are_all_applied() -> None:
    store, now = new_store(), clock.now()
    pending = [subscription(store, now + timedelta(days=n), subscription_id=f"sub-{n}") for n in range(1, 5)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(apply_message, pending))
    row = Store.get(store.id)
    assert set(row.subscriptions) == {f"sub-{n}" for n in range(1, 5)}
    assert row.access_until == now + timedelta(days=4)


def test_orders_counted_at_the_same_time_are_not_lost() -> None:
    store = new_store()
    pending = [subscription(store, clock.now() + timedelta(days=30), n) for n in range(1, 4)]
    with ThreadPoolExecutor(8) as pool:
        orders = [pool.submit(plan_limits.reserve_order, store) for _ in range(20)]
        list(pool.map(apply_message, pending))
        numbers = [order.result().number for order in orders]
    assert sorted(numbers) == list(range(1, 21))
    assert Store.get(store.id).orders_month == 20


def test_messages_about_members_and_unknown_stores_change_nothing() -> None:
    store = new_store()
    until = clock.now() + timedelta(days=30)
    apply_message(subscription(store, until, owner_type=OwnerType.MEMBER))
    apply_message(subscription(Store(ids.new()), until))
    assert plan_of(store) == (StorePlan.FREE, StoreSubscriptionStatus.ACTIVE, 25)
    assert Store.count() == 1


def test_a_renewal_after_a_lapse_brings_the_plan_back(monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = new_store(), clock.now()
    apply_message(subscription(store, now + timedelta(days=30), 1))
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=31))
    assert to_store_read(Store.get(store.id)).subscription_plan is StorePlan.FREE
    assert plan_of(store) == (StorePlan.STARTER, StoreSubscriptionStatus.ACTIVE, 500)
    assert plan_limits.update_plan_state(Store.get(store.id))
    assert plan_of(store) == (StorePlan.FREE, StoreSubscriptionStatus.EXPIRED, 25)
    apply_message(subscription(store, now + timedelta(days=61), 2))
    assert plan_of(store) == (StorePlan.STARTER, StoreSubscriptionStatus.ACTIVE, 500)
