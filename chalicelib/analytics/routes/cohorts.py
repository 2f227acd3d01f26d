"""`/v1/analytics/sites/{tenant}/cohorts`: users by week of sign-up and channel."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.routes.auth import reader
from chalicelib.analytics.schemas.cohorts import CohortList, CohortQuery
from chalicelib.analytics.service import cohorts
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/analytics/sites/{tenant}/cohorts", methods=["GET"])
@endpoint(bp, auth=reader, query=CohortQuery, returns=CohortList)
def list_cohorts(call: ApiRequest[Account, None, CohortQuery], tenant: str) -> CohortList:
    """Return the cohorts of the weeks in a range, with the weeks since."""
    return cohorts.list_cohorts(tenant, call.query)
