"""`/v1/analytics/sites/{tenant}/funnels…`: saved funnels, computed daily."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.routes.auth import manager, reader
from chalicelib.analytics.schemas.funnels import FunnelCreate, FunnelQuery, FunnelRead, FunnelResult
from chalicelib.analytics.service import funnels
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, Role
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, ShortListQuery

bp = Blueprint(__name__)


@bp.route("/v1/analytics/sites/{tenant}/funnels", methods=["GET"])
@endpoint(bp, auth=reader, query=ShortListQuery, returns=Page[FunnelRead])
def list_funnels(call: ApiRequest[Account, None, ShortListQuery], tenant: str) -> PageResult[FunnelRead]:
    """List the funnels of a site, the oldest first; there are at most 20."""
    return paginate_in_order(funnels.list_funnels(tenant), call.page, lambda row: row.funnel)


@bp.route("/v1/analytics/sites/{tenant}/funnels", methods=["POST"])
@endpoint(bp, auth=manager, body=FunnelCreate, returns=FunnelRead, status=201, idempotent="claimed")
def create_funnel(call: ApiRequest[Account, FunnelCreate], tenant: str) -> FunnelRead:
    """Create a funnel. Its days are computed after each midnight of the site."""
    funnel = funnels.create_funnel(tenant, call.body)
    _publish_action(call.principal, "create_funnel", tenant, funnel.funnel)
    return funnel


@bp.route("/v1/analytics/sites/{tenant}/funnels/{funnel}", methods=["GET"])
@endpoint(bp, auth=reader, query=FunnelQuery, returns=FunnelResult)
def get_funnel(call: ApiRequest[Account, None, FunnelQuery], tenant: str, funnel: str) -> FunnelResult:
    """Return a funnel and its step counts by entry day."""
    return funnels.get_funnel(tenant, funnel, call.query)


@bp.route("/v1/analytics/sites/{tenant}/funnels/{funnel}", methods=["DELETE"])
@endpoint(bp, auth=manager, status=204)
def delete_funnel(call: ApiRequest[Account], tenant: str, funnel: str) -> None:
    """Delete a funnel."""
    funnels.delete_funnel(tenant, funnel)
    _publish_action(call.principal, "delete_funnel", tenant, funnel)


def _publish_action(account: Account, action: str, tenant: str, funnel: str) -> None:
    if account.role is Role.OPERATOR:
        audit.publish_operator_action(account, f"analytics.{action}", f"{tenant} {funnel}")
