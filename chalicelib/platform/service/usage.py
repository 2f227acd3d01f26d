"""What a store uses: its plan's limits, its days, its endpoints, and the log of its calls."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.kit.auth import Account
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.platform.domain.packed_endpoints import unpack_endpoints
from chalicelib.platform.domain.performance import percentiles
from chalicelib.platform.domain.plan_limits import PlanLimit, usage_month
from chalicelib.platform.domain.store_admission import API_CALLS
from chalicelib.platform.domain.usage_hours import EndpointUsage, sum_endpoints
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.domain.usage_statistics import NEAR_PERCENT, percent_used
from chalicelib.platform.models import Store
from chalicelib.platform.repository import usage_hours, usage_logs, usage_metrics
from chalicelib.platform.schemas.usage import (
    MAX_DAYS,
    ApiLogQuery,
    ApiLogRead,
    EndpointUsageRead,
    LimitUsageRead,
    UsageDayRead,
    UsageQuery,
    UsageRead,
)
from chalicelib.platform.service.store_access import get_accessible_store
from chalicelib.platform.service.stores import to_store_read

DEFAULT_DAYS = 30
_LAST_HOURS = timedelta(hours=23)
"""With the present hour, endpoints are those of 24 hours."""


def read_usage(account: Account, store_id: str, query: UsageQuery) -> UsageRead:
    """Return the usage of a store that the account may see: with three reads. Raises StoreNotFound."""
    store = get_accessible_store(account, store_id)
    now = clock.now()
    last = query.last or (query.first + timedelta(days=MAX_DAYS - 1) if query.first else now.date())
    first = query.first or last - timedelta(days=DEFAULT_DAYS - 1)
    hour = start_of_hour(now)
    hours = usage_hours.list_hours(store.id, hour - _LAST_HOURS, hour)
    endpoints = sum_endpoints(unpack_endpoints(row.endpoints) for row in hours)
    ranked = sorted(endpoints, key=lambda name: (-endpoints[name].calls, name))
    return UsageRead(
        month=usage_month(store, now),
        limits=_limits(store),
        days=[UsageDayRead.of(row) for row in usage_metrics.list_days(store.id, first, last)],
        endpoints=[_endpoint(name, endpoints[name]) for name in ranked],
    )


def list_api_logs(account: Account, store_id: str, query: ApiLogQuery, page: PageRequest) -> PageResult[ApiLogRead]:
    """Return a page of the calls of a store's day, newest first. Raises StoreNotFound."""
    store = get_accessible_store(account, store_id)
    return usage_logs.list_logs(store.id, query.day or clock.now().date(), page).map(ApiLogRead.of)


def _limits(store: Store) -> list[LimitUsageRead]:
    """Return the limits that hold now: a row is behind if its access ended or a month began since its last call."""
    present = to_store_read(store)
    limits = present.limits
    return [
        _limit("products", present.product_count, limits[PlanLimit.PRODUCTS.value]),
        _limit("orders", present.orders_month, limits[PlanLimit.ORDERS.value]),
        _limit("api_calls", present.api_calls_month, limits[API_CALLS]),
        _limit("storage_bytes", present.storage_used_bytes, limits[PlanLimit.STORAGE.value] * PlanLimit.STORAGE.unit),
    ]


def _limit(name: str, used: int, limit: int) -> LimitUsageRead:
    percent = percent_used(used, limit)
    return LimitUsageRead(name=name, used=used, limit=limit, percent=percent, is_near=percent >= NEAR_PERCENT)


def _endpoint(name: str, usage: EndpointUsage) -> EndpointUsageRead:
    latencies = {column: value or 0 for column, value in asdict(percentiles(usage)).items()}
    return EndpointUsageRead(endpoint=name, calls=usage.calls, errors=usage.errors, **latencies)
