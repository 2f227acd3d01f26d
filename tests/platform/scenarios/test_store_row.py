"""A store's row is written by every call, so that its size is every call's cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing import service as billing
from chalicelib.kit import clock, ids
from chalicelib.platform.domain.store_keys import KEY_ID_BYTES, MAX_KEYS
from chalicelib.platform.domain.subscriptions import MAX_SUBSCRIPTIONS
from chalicelib.platform.enums import DatabaseStatus, DatabaseType, StorageStatus, StorageType, StorePlan
from chalicelib.platform.errors import PlanLimitReached
from chalicelib.platform.models import Store
from chalicelib.platform.service import plan_limits
from infra.bench.round_trips import Cost, metered
from tests.platform.stores import new_store


def full_store(keys: int, subscriptions: int, **columns: Any) -> Store:
    """Write a store with every column filled."""
    now = clock.now()
    until = now + timedelta(days=30)
    limits = billing.store_plan_limits("enterprise")
    state = {
        "version": 41,
        "plan": "enterprise",
        "status": "active",
        "access_until": clock.iso(until),
        "limits": limits,
    }
    key = [b"\0" * 32, "catalogue", "k" * 32, int(now.timestamp())]
    values: dict[str, Any] = {
        "currency": "EUR",
        "timezone": "America/Argentina/ComodRivadavia",
        "database_type": DatabaseType.SUPABASE,
        "database_host": "aws-0-eu-central-1.pooler.supabase.com",
        "database_name": "postgres",
        "database_status": DatabaseStatus.ACTIVE,
        "storage_type": StorageType.SUPABASE,
        "storage_status": StorageStatus.ACTIVE,
        "subscription_plan": StorePlan.ENTERPRISE,
        "subscription_started_at": now,
        "access_until": until,
        "limits": limits,
        "subscriptions": {ids.new(): state for _ in range(subscriptions)},
        "api_keys": {f"{n:0{KEY_ID_BYTES * 2}x}": key for n in range(keys)},
        "product_count": 99_000,
        "order_count": 9_000_000,
        "storage_used_bytes": 999_999_999_999,
        "api_calls_month": 19_000_000,
        "orders_month": 100_000,
        "order_number": 9_000_000,
        "config_version": 12,
        "schema_revision": "0001_baseline",
        "last_activity_at": now,
    }
    return new_store(**(values | columns))


@pytest.mark.parametrize(
    ("keys", "subscriptions", "columns", "units"),
    [
        (2, 1, {}, 2),
        (
            MAX_KEYS,
            MAX_SUBSCRIPTIONS,
            {"name": "n" * 100, "slug": "s" * 63, "suspended_reason": "r" * 200, "active_job": ids.new()},
            4,
        ),
    ],
)
def test_a_reservation_is_one_write_whatever_the_row_holds(
    keys: int, subscriptions: int, columns: dict[str, Any], units: int
) -> None:
    store = full_store(keys, subscriptions, **columns)
    with metered() as meter:
        plan_limits.reserve_order(store)
        plan_limits.reserve_products(store, 500)
    assert meter.cost == Cost(writes=2, write_units=2 * units)


def test_a_refusal_is_one_write_and_one_read() -> None:
    store = new_store(product_count=25)
    with metered() as meter, pytest.raises(PlanLimitReached):
        plan_limits.reserve_products(store, 1)
    assert (meter.cost.reads, meter.cost.writes) == (1, 1)
