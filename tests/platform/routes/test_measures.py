"""The measures over HTTP: a store's days for its owner, revenue and performance for operators and support."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from chalicelib.platform.models import PerformanceMetric, RevenueReport, Store, StoreAnalytics
from tests.platform.stores import new_store

HOUR = datetime(2031, 11, 5, 12, tzinfo=UTC)


def get(api: httpx2.Client, path: str, role: Role, account_id: str = "agent", **query: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {auth.mint(role, account_id)}"}
    return api.get(f"/v1/{path}", headers=headers, params=query)


def analytics(api: httpx2.Client, store: Store, **query: Any) -> httpx2.Response:
    return get(api, f"platform/stores/{store.id}/analytics", Role.OWNER, store.owner_id, **query)


def add_day(store: Store, day: date, **figures: Any) -> None:
    StoreAnalytics(store.id, day, computed_at=HOUR, **figures).save()


def add_metric(endpoint: str, hour: datetime, calls: int) -> None:
    expires = hour + PerformanceMetric.KEEP
    row = PerformanceMetric(endpoint, hour, calls=calls, errors=1, expires_epoch=expires)
    row.p50_ms, row.p95_ms, row.p99_ms = 10, 20, 30
    row.save()


def test_an_owner_sees_the_days_of_their_store(api: httpx2.Client) -> None:
    store = new_store(timezone="Asia/Tokyo", currency="EUR")
    today = clock.now().date()
    add_day(store, today - timedelta(days=3), visits=8, orders=2, revenue=Decimal("30.05"), new_customers=1)
    add_day(store, today - timedelta(days=60), visits=1)
    body = analytics(api, store).json()
    assert (body["timezone"], body["currency"]) == ("Asia/Tokyo", "EUR")
    [day] = body["days"]
    assert (day["date"], day["visits"], day["orders"]) == ((today - timedelta(days=3)).isoformat(), 8, 2)
    assert (day["revenue"], day["avg_order_value"], day["conversion_rate"]) == ("30.05", None, None)
    earlier = analytics(api, store, start=today - timedelta(days=61), end=today - timedelta(days=59)).json()
    assert [each["visits"] for each in earlier["days"]] == [1]


def test_the_days_of_another_owners_store_are_not_found_and_support_sees_them(api: httpx2.Client) -> None:
    store = new_store()
    path = f"platform/stores/{store.id}/analytics"
    assert get(api, path, Role.OWNER, new_store().owner_id).status_code == 404
    assert get(api, path, Role.SUPPORT).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-02-01", "end": "2026-01-31"},
        {"start": "2026-01-01", "end": "2027-02-05"},
        {"start": "1999-01-01"},
        {"start": "yesterday"},
        {"from": "2026-01-01"},
    ],
)
def test_invalid_days_are_refused(api: httpx2.Client, query: dict[str, str]) -> None:
    response = analytics(api, new_store(), **query)
    assert (response.status_code, response.json()["code"]) == (422, "InvalidInput")


def test_support_sees_the_revenue_of_months(api: httpx2.Client) -> None:
    for period, total in (("2031-09", "10.5"), ("2031-11", "7")):
        RevenueReport(
            period,
            total_revenue=Decimal(total),
            by_currency={"USD": total, "EUR": "3"},
            by_plan={"starter": total},
            new_stores=2,
            churned_stores=1,
            generated_at=HOUR,
        ).save()
    items = get(api, "operator/platform/revenue", Role.SUPPORT, start="2031-09", end="2031-11").json()["items"]
    assert [(each["period"], each["total_revenue"]) for each in items] == [("2031-09", "10.5"), ("2031-11", "7")]
    assert (items[0]["by_currency"], items[0]["by_plan"]) == ({"USD": "10.5", "EUR": "3"}, {"starter": "10.5"})
    assert (items[0]["new_stores"], items[0]["churned_stores"], items[0]["is_final"]) == (2, 1, False)


def test_revenue_is_of_the_last_twelve_months_by_default(api: httpx2.Client) -> None:
    response = get(api, "operator/platform/revenue", Role.OPERATOR)
    assert response.status_code == 200
    assert get(api, "operator/platform/revenue", Role.OPERATOR, start="2026-01").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-13"},
        {"start": "2026-02", "end": "2026-01"},
        {"start": "2020-01", "end": "2025-01"},
        {"end": "26"},
    ],
)
def test_invalid_months_are_refused(api: httpx2.Client, query: dict[str, str]) -> None:
    assert get(api, "operator/platform/revenue", Role.SUPPORT, **query).status_code == 422


def test_support_sees_all_endpoints_of_an_hour_and_an_endpoint_by_hour(api: httpx2.Client) -> None:
    add_metric("/v1/store/{table} products", HOUR, 5)
    add_metric("/v1/store/orders", HOUR, 9)
    add_metric("/v1/store/orders", HOUR + timedelta(hours=1), 4)
    hour = get(api, "operator/platform/performance", Role.SUPPORT, hour=clock.iso(HOUR)).json()["items"]
    assert [(each["endpoint"], each["calls"]) for each in hour] == [
        ("/v1/store/orders", 9),
        ("/v1/store/{table} products", 5),
    ]
    assert (hour[0]["errors"], hour[0]["p50_ms"], hour[0]["p95_ms"], hour[0]["p99_ms"]) == (1, 10, 20, 30)
    span = {"start": clock.iso(HOUR), "end": clock.iso(HOUR + timedelta(hours=2))}
    hours = get(api, "operator/platform/performance", Role.SUPPORT, endpoint="/v1/store/orders", **span).json()
    assert [each["calls"] for each in hours["items"]] == [9, 4]
    assert get(api, "operator/platform/performance", Role.SUPPORT).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-01-01T00:00:00Z"},
        {"endpoint": "a", "hour": "2026-01-01T00:00:00Z"},
        {"endpoint": "a", "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
        {"endpoint": "a", "start": "2026-01-01T00:00:00Z", "end": "2026-02-02T00:00:00Z"},
        {"hour": "noon"},
        {"endpoint": "a", "end": "0001-01-02T00:00:00Z"},
    ],
)
def test_invalid_ranges_of_hours_are_refused(api: httpx2.Client, query: dict[str, str]) -> None:
    assert get(api, "operator/platform/performance", Role.SUPPORT, **query).status_code == 422


@pytest.mark.parametrize("path", ["revenue", "performance"])
def test_an_owner_sees_no_figures_of_the_platform(api: httpx2.Client, path: str) -> None:
    assert get(api, f"operator/platform/{path}", Role.OWNER, "owner").status_code in (401, 403)
