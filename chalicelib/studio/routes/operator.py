"""`/v1/operator/studio/…`: operator changes to a shop's studio."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.studio.schemas.merchant import QuotaRead, QuotaUpdate
from chalicelib.studio.service import gallery

bp = Blueprint(__name__)


@bp.route("/v1/operator/studio/quotas/{shop}", methods=["PUT"])
@endpoint(bp, auth=operator, body=QuotaUpdate, returns=QuotaRead)
def change_quota(call: ApiRequest[Account, QuotaUpdate], shop: str) -> QuotaRead:
    """Set a shop's limits; omitted limits stay."""
    quota = gallery.change_quota(shop, call.body)
    audit.publish_operator_action(call.principal, "studio.change_quota", f"shop:{shop}")
    return quota
