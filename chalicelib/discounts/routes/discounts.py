"""`/v1/discounts/discounts…`: discounts of the merchant's shop."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.discounts import DiscountCreate, DiscountQuery, DiscountRead, DiscountUpdate
from chalicelib.discounts.service import discounts, measurement
from chalicelib.discounts.service.auth import Merchant, merchant
from chalicelib.discounts.service.discounts import editor_of
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


def _version(body: DiscountRead | None) -> str:
    return str(body.version) if body else ""


@bp.route("/v1/discounts/discounts", methods=["GET"])
@endpoint(bp, auth=merchant, query=DiscountQuery, returns=Page[DiscountRead])
def list_discounts(call: ApiRequest[Merchant, None, DiscountQuery]) -> PageResult[DiscountRead]:
    """List the shop's discounts, oldest first, of all states or of one.

    A page may hold fewer items than `limit`, or none: follow `next_cursor` until it is null.
    """
    return discounts.list_discounts(call.principal.shop, call.query.status, call.page)


@bp.route("/v1/discounts/discounts", methods=["POST"])
@endpoint(bp, auth=merchant, body=DiscountCreate, returns=DiscountRead, status=201, idempotent="joined")
def add_discount(call: ApiRequest[Merchant, DiscountCreate]) -> DiscountRead:
    """Create a discount and publish it to Shopify; `publication` shows the result."""
    discount = discounts.add_discount(editor_of(call.principal), call.body, call.idempotency)
    measurement.note_use(call.principal, "created")
    return discount


@bp.route("/v1/discounts/discounts/{discount_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=DiscountRead, etag=_version)
def get_discount(call: ApiRequest[Merchant], discount_id: str) -> DiscountRead:
    """Return one discount."""
    return discounts.get_discount(call.principal.shop, discount_id)


@bp.route("/v1/discounts/discounts/{discount_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=DiscountUpdate, returns=DiscountRead, etag=_version)
def change_discount(call: ApiRequest[Merchant, DiscountUpdate], discount_id: str) -> DiscountRead:
    """Change a discount and publish it; omitted fields stay."""
    return discounts.change_discount(editor_of(call.principal), discount_id, call.body, call.if_match or "")


@bp.route("/v1/discounts/discounts/{discount_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204, etag=_version)
def remove_discount(call: ApiRequest[Merchant], discount_id: str) -> None:
    """Delete a discount: it is withdrawn from Shopify, and its figures stay."""
    discounts.remove_discount(editor_of(call.principal), discount_id, call.if_match or "")
