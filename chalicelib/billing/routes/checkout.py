"""`/v1/billing/…`: plans and their checkout."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import key, owner
from chalicelib.billing.schemas.checkout import CheckoutCreate, CheckoutRead, PlanRead
from chalicelib.billing.service import checkout, plans
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, ShortListQuery

bp = Blueprint(__name__)


@bp.route("/v1/billing/plans", methods=["GET"])
@endpoint(bp, auth=owner, query=ShortListQuery, returns=Page[PlanRead])
def list_plans(call: ApiRequest[Account, None, ShortListQuery]) -> PageResult[PlanRead]:
    """List the plans that the caller can buy."""
    rows = plans.list_plans(key(call.principal)[0])
    return paginate_in_order(rows, call.page, lambda plan: plan.id).map(PlanRead.of)


@bp.route("/v1/billing/checkout", methods=["POST"])
@endpoint(bp, auth=owner, body=CheckoutCreate, returns=CheckoutRead, status=201, idempotent="claimed")
def create_checkout(call: ApiRequest[Account, CheckoutCreate]) -> CheckoutRead:
    """Create a Stripe Checkout page on which the caller buys a plan.

    The purchase takes effect once Stripe reports it as paid.
    """
    request_key = call.idempotency.key if call.idempotency else None
    return CheckoutRead.of(checkout.start_checkout(*key(call.principal), call.body, request_key))
