"""`/v1/billing/…`: plans and their checkout."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import key, owner
from chalicelib.billing.schemas.checkout import CheckoutCreate, CheckoutRead, PlanRead
from chalicelib.billing.service import checkout, plans
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/billing/plans", methods=["GET"])
@endpoint(bp, auth=owner, returns=Page[PlanRead])
def list_plans(call: ApiRequest[Account]) -> PageResult[PlanRead]:
    """List the plans that the caller can buy, all on one page."""
    return PageResult([PlanRead.of(plan) for plan in plans.list_plans(key(call.principal)[0])])


@bp.route("/v1/billing/checkout", methods=["POST"])
@endpoint(bp, auth=owner, body=CheckoutCreate, returns=CheckoutRead, status=201, idempotent="claimed")
def create_checkout(call: ApiRequest[Account, CheckoutCreate]) -> CheckoutRead:
    """Create a Stripe Checkout page on which the caller buys a plan.

    The purchase takes effect once Stripe reports it as paid.
    """
    request_key = call.idempotency.key if call.idempotency else None
    return CheckoutRead.of(checkout.start_checkout(*key(call.principal), call.body, request_key))
