"""`/v1/operator/discounts/…`: discounts of any shop, for operators and support."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.discounts import DiscountQuery, DiscountRead
from chalicelib.discounts.schemas.usage import UsageRebuildRead
from chalicelib.discounts.service import discounts, recount_requests
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/operator/discounts/{shop}", methods=["GET"])
@endpoint(bp, auth=support, query=DiscountQuery, returns=Page[DiscountRead])
def list_discounts_of_shop(call: ApiRequest[Account, None, DiscountQuery], shop: str) -> PageResult[DiscountRead]:
    """List a shop's discounts with the state of their publication."""
    return discounts.list_discounts(shop, call.query.status, call.page)


@bp.route("/v1/operator/discounts/{shop}/rebuild", methods=["POST"])
@endpoint(bp, auth=operator, returns=UsageRebuildRead, status=202, idempotent="claimed")
def rebuild_usage_of_shop(call: ApiRequest[Account], shop: str) -> UsageRebuildRead:
    """Rebuild the usage of a shop's discounts from its orders: correct the figures that differ."""
    result = recount_requests.request_rebuild(shop)
    audit.publish_operator_action(call.principal, "discounts.rebuild_usage", f"shop:{shop}")
    return result
