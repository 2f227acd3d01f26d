"""`/v1/operator/studio/…`: generations of all shops, and operator changes to a shop's studio."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.studio.schemas.merchant import QuotaRead, QuotaUpdate
from chalicelib.studio.schemas.operator import OperatorGenerationQuery, OperatorGenerationRead
from chalicelib.studio.service import gallery
from chalicelib.studio.service import operator as operator_service

bp = Blueprint(__name__)


@bp.route("/v1/operator/studio/quotas/{shop}", methods=["PUT"])
@endpoint(bp, auth=operator, body=QuotaUpdate, returns=QuotaRead)
def change_quota(call: ApiRequest[Account, QuotaUpdate], shop: str) -> QuotaRead:
    """Set a shop's limits; omitted limits stay."""
    quota = gallery.change_quota(shop, call.body)
    audit.publish_operator_action(call.principal, "studio.change_quota", f"shop:{shop}")
    return quota


@bp.route("/v1/operator/studio/generations", methods=["GET"])
@endpoint(bp, auth=support, query=OperatorGenerationQuery, returns=Page[OperatorGenerationRead])
def list_generations_of_all_shops(
    call: ApiRequest[Account, None, OperatorGenerationQuery],
) -> PageResult[OperatorGenerationRead]:
    """List stuck, open or failed generations of all shops, or of one.

    A page may hold fewer items than `limit`, or none: follow `next_cursor` until it is null.
    """
    return operator_service.list_generations_of_all_shops(call.query, call.page)


@bp.route("/v1/operator/studio/generations/{shop}/{generation_id}/remake", methods=["POST"])
@endpoint(bp, auth=operator, returns=OperatorGenerationRead, status=202, idempotent="claimed")
def remake_any_final(call: ApiRequest[Account], shop: str, generation_id: str) -> OperatorGenerationRead:
    """Generate a final of any shop again at the present print size of its variant; the old file is deleted."""
    return operator_service.remake_final_of_shop(call.principal, shop, generation_id)
