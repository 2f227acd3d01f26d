"""`/v1/billing/subscription`: the caller's entitlement, read more often than anything else of billing."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import key, owner
from chalicelib.billing.schemas.checkout import EntitlementRead
from chalicelib.billing.service import entitlements
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/billing/subscription", methods=["GET"])
@endpoint(bp, auth=owner, returns=EntitlementRead)
def get_subscription(call: ApiRequest[Account]) -> EntitlementRead:
    """Return the caller's entitlement, its end, and the subscription that gives it."""
    return EntitlementRead.of(entitlements.entitlement(*key(call.principal)))
