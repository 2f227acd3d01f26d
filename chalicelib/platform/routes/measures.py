"""A store's days for its owner, the platform's revenue and the data API's speed for operators and support."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, owner_or_support, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.schemas.measures import (
    PerformanceQuery,
    PerformanceReport,
    RevenueQuery,
    RevenueReports,
    StoreAnalyticsQuery,
    StoreAnalyticsRead,
)
from chalicelib.platform.service.measures import performance, revenue, store_analytics

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/analytics", methods=["GET"])
@endpoint(bp, auth=owner_or_support, query=StoreAnalyticsQuery, returns=StoreAnalyticsRead)
def read_store_analytics(call: ApiRequest[Account, None, StoreAnalyticsQuery], store_id: str) -> StoreAnalyticsRead:
    """Return visits, orders, revenue and new customers of a store by its own days."""
    return store_analytics.read_store_analytics(call.principal, store_id, call.query)


@bp.route("/v1/operator/platform/revenue", methods=["GET"])
@endpoint(bp, auth=support, query=RevenueQuery, returns=RevenueReports)
def read_revenue(call: ApiRequest[Account, None, RevenueQuery]) -> RevenueReports:
    """Return the stores' payments and refunds by month, with the numbers of new and churned stores."""
    return revenue.read_revenue(call.query)


@bp.route("/v1/operator/platform/performance", methods=["GET"])
@endpoint(bp, auth=support, query=PerformanceQuery, returns=PerformanceReport)
def read_performance(call: ApiRequest[Account, None, PerformanceQuery]) -> PerformanceReport:
    """Return the latencies of the data API: of all endpoints in an hour, or of an endpoint by hour."""
    return performance.read_performance(call.query)
