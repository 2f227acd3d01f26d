"""Discount codes: `/v1/billing/codes/validate` for buyers, `/v1/operator/billing/codes…` for operators."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.billing.routes.auth import key, owner
from chalicelib.billing.schemas.discount_codes import (
    CodeCheck,
    CodeCreate,
    CodeOffer,
    CodeRead,
    CodeUpdate,
    CodeUseRead,
)
from chalicelib.billing.service import checkout, discount_codes
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)


@bp.route("/v1/billing/codes/validate", methods=["POST"])
@endpoint(bp, auth=owner, body=CodeCheck, returns=CodeOffer)
def validate_code(call: ApiRequest[Account, CodeCheck]) -> CodeOffer:
    """Return the discount that a code gives the caller on a plan now.

    Nothing is reserved.
    """
    return checkout.offer(*key(call.principal), call.body)


@bp.route("/v1/operator/billing/codes", methods=["GET"])
@endpoint(bp, auth=support, query=PageQuery, returns=Page[CodeRead])
def list_codes(call: ApiRequest[Account, None, PageQuery]) -> PageResult[CodeRead]:
    """List all discount codes in alphabetical order."""
    return discount_codes.list_all(call.page).map(CodeRead.of)


@bp.route("/v1/operator/billing/codes", methods=["POST"])
@endpoint(bp, auth=operator, body=CodeCreate, returns=CodeRead, status=201, idempotent="claimed")
def create_code(call: ApiRequest[Account, CodeCreate]) -> CodeRead:
    """Create a discount code and mirror it to Stripe."""
    row = discount_codes.create_code(call.body)
    audit.publish_operator_action(call.principal, "billing.create_code", f"code:{row.code}")
    return CodeRead.of(row)


@bp.route("/v1/operator/billing/codes/{code}", methods=["GET"])
@endpoint(bp, auth=support, returns=CodeRead)
def get_code(call: ApiRequest[Account], code: str) -> CodeRead:
    """Return a discount code."""
    return CodeRead.of(discount_codes.get(code))


@bp.route("/v1/operator/billing/codes/{code}", methods=["PATCH"])
@endpoint(bp, auth=operator, body=CodeUpdate, returns=CodeRead)
def update_code(call: ApiRequest[Account, CodeUpdate], code: str) -> CodeRead:
    """Change a discount code's limits, validity window or description, or deactivate it."""
    row = discount_codes.update_code(code, call.body)
    audit.publish_operator_action(call.principal, "billing.update_code", f"code:{row.code}")
    return CodeRead.of(row)


@bp.route("/v1/operator/billing/codes/{code}/uses", methods=["GET"])
@endpoint(bp, auth=support, query=PageQuery, returns=Page[CodeUseRead])
def list_code_uses(call: ApiRequest[Account, None, PageQuery], code: str) -> PageResult[CodeUseRead]:
    """List the redemptions of a discount code, with the owner and the discount of each."""
    return discount_codes.list_uses(code, call.page).map(CodeUseRead.of)
