"""A store's usage and the log of its calls, over HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.models import Store, UsageMetric
from chalicelib.platform.service import usage_hours
from chalicelib.platform.service.usage_logs import record_call
from infra.bench.round_trips import metered
from tests.platform.data_calls import data_call
from tests.platform.stores import new_store


def between(first: date, last: date) -> dict[str, Any]:
    return {"from": first, "to": last}


def get(api: httpx2.Client, store: Store, path: str, role: Role = Role.OWNER, **query: Any) -> httpx2.Response:
    account_id = store.owner_id if role is Role.OWNER else "agent"
    headers = {"Authorization": f"Bearer {auth.mint(role, account_id)}"}
    return api.get(f"/v1/platform/stores/{store.id}/{path}", headers=headers, params=query)


@pytest.fixture
def store() -> Store:
    """A store that was called 20 times in this hour: every fifth call failed."""
    row = new_store(product_count=7, orders_month=2, api_calls_month=20, storage_used_bytes=1_500)
    for number in range(20):
        record_call(
            data_call(
                row.id,
                started_at=clock.now(),
                response_time_ms=10 * (number + 1),
                status_code=404 if number % 5 == 0 else 200,
                error_code="RowNotFound" if number % 5 == 0 else None,
                changes={"orders": {"created": 1}} if number == 1 else {},
                amount=Decimal("19.90") if number == 1 else None,
                source_ip="198.51.100.77",
            )
        )
    usage_hours.roll_up_usage(row.id, [start_of_hour(clock.now()), start_of_hour(clock.now() - timedelta(minutes=1))])
    return row


def test_usage_shows_limits_days_and_latencies_within_two_percent(api: httpx2.Client, store: Store) -> None:
    body = get(api, store, "usage").json()
    limits = {each["name"]: (each["used"], each["limit"]) for each in body["limits"]}
    assert limits["products"] == (7, store.limits["max_products"])
    assert limits["orders"] == (2, store.limits["max_orders_per_month"])
    assert limits["api_calls"] == (20, store.limits["max_api_calls_per_month"])
    assert limits["storage_bytes"] == (1_500, store.limits["max_storage_gb"] * 10**9)
    assert body["month"] == f"{clock.now():%Y-%m}"
    assert sum(day["api_calls"] for day in body["days"]) == 20
    assert {day["orders_total_value"] for day in body["days"] if day["orders_created"]} == {"19.9"}
    [endpoint] = body["endpoints"]
    assert (endpoint["calls"], endpoint["errors"]) == (20, 4)
    for name, exact in (("p50_ms", 100), ("p95_ms", 190), ("p99_ms", 190)):
        assert abs(endpoint[name] - exact) <= 0.02 * exact + 1


def test_a_month_without_a_call_uses_nothing(api: httpx2.Client) -> None:
    store = new_store(usage_month="2020-01", api_calls_month=500, orders_month=9)
    limits = {each["name"]: each["used"] for each in get(api, store, "usage").json()["limits"]}
    assert (limits["api_calls"], limits["orders"]) == (0, 0)


def test_days_are_those_asked_for_at_most_400(api: httpx2.Client) -> None:
    store, today = new_store(), clock.now().date()
    for age in (0, 29, 30, 399):
        UsageMetric(store.id, today - timedelta(days=age), api_calls=age, created_at=clock.now()).save()

    def ages(**query: Any) -> list[int]:
        return [day["api_calls"] for day in get(api, store, "usage", **query).json()["days"]]

    assert ages() == [29, 0]
    assert ages(**{"from": today - timedelta(days=399), "to": today}) == [399, 30, 29, 0]
    assert ages(to=today - timedelta(days=1)) == [30, 29]
    assert ages(**{"from": today - timedelta(days=30)}) == [30, 29, 0]
    response = get(api, store, "usage", **between(today - timedelta(days=400), today))
    assert (response.status_code, response.json()["code"]) == (422, "InvalidInput")
    assert get(api, store, "usage", **between(today, today - timedelta(days=1))).status_code == 422


def test_usage_costs_three_reads_however_many_calls_there_were(api: httpx2.Client, store: Store) -> None:
    with metered() as meter:
        assert get(api, store, "usage").status_code == 200
    assert (meter.cost.reads, meter.cost.writes) == (3, 0)


def test_the_log_is_listed_by_day_newest_first_without_addresses(api: httpx2.Client, store: Store) -> None:
    record_call(data_call(store.id, started_at=clock.now() - timedelta(days=2), endpoint="old"))
    items: list[dict[str, Any]] = []
    for day in (clock.now().date(), clock.now().date() - timedelta(days=1)):
        query: dict[str, Any] = {"limit": 7, "day": day}
        while True:
            page = get(api, store, "api-logs", **query).json()
            items += page["items"]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
    assert [row["response_time_ms"] for row in items] == [10 * (number + 1) for number in reversed(range(20))]
    assert {row["ip_address"] for row in items} == {"198.51.100.0/24"}
    assert [row["error_message"] for row in items].count("RowNotFound") == 4
    assert [row["amount"] for row in items if row["amount"]] == ["19.9"]
    old = get(api, store, "api-logs", day=clock.now().date() - timedelta(days=2)).json()["items"]
    assert [row["endpoint"] for row in old] == ["old"]


@pytest.mark.parametrize("path", ["usage", "api-logs"])
def test_only_the_owner_operators_and_support_read_them(api: httpx2.Client, store: Store, path: str) -> None:
    assert [get(api, store, path, role).status_code for role in (Role.OWNER, Role.OPERATOR, Role.SUPPORT)] == [200] * 3
    assert get(api, store, path, Role.STORE_OWNER).status_code == 403
    headers = {"Authorization": f"Bearer {auth.mint(Role.OWNER, ids.new())}"}
    response = api.get(f"/v1/platform/stores/{store.id}/{path}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (404, "StoreNotFound")
