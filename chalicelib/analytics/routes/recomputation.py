"""`/v1/operator/analytics/recompute`: compute days or revenue again."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.schemas.recomputation import RecomputationCreate, RecomputationRead
from chalicelib.analytics.service import recomputation
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/operator/analytics/recompute", methods=["POST"])
@endpoint(bp, auth=operator, body=RecomputationCreate, returns=RecomputationRead, status=202)
def create_recomputation(call: ApiRequest[Account, RecomputationCreate]) -> RecomputationRead:
    """Compute the days of a tenant or the revenue of a scope again, within minutes and an hour.

    Numbers that were right stay as they are.
    """
    result = recomputation.recompute(call.body)
    audit.publish_operator_action(
        call.principal, "analytics.recompute", call.body.tenant or f"revenue:{call.body.scope}"
    )
    return result
