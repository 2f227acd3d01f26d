"""`/v1/platform/stores/{store_id}/usage` and `/api-logs`: what a store uses, and the log of its calls."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, owner_or_support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.platform.schemas.usage import ApiLogQuery, ApiLogRead, UsageQuery, UsageRead
from chalicelib.platform.service import usage

bp = Blueprint(__name__)


@bp.route("/v1/platform/stores/{store_id}/usage", methods=["GET"])
@endpoint(bp, auth=owner_or_support, query=UsageQuery, returns=UsageRead)
def read_usage(call: ApiRequest[Account, None, UsageQuery], store_id: str) -> UsageRead:
    """Return what a store uses of its plan's limits, its usage by day, and its endpoints of the last 24 hours."""
    return usage.read_usage(call.principal, store_id, call.query)


@bp.route("/v1/platform/stores/{store_id}/api-logs", methods=["GET"])
@endpoint(bp, auth=owner_or_support, query=ApiLogQuery, returns=Page[ApiLogRead])
def list_api_logs(call: ApiRequest[Account, None, ApiLogQuery], store_id: str) -> PageResult[ApiLogRead]:
    """List the calls of a store's data API on a UTC day, newest first. They are kept for 90 days."""
    return usage.list_api_logs(call.principal, store_id, call.query, call.page)
