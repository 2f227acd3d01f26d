"""`/v1/together/dashboard` and `/v1/together/insights`: the member's day, and the scores of the last days."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.together.errors import PremiumRequired
from chalicelib.together.schemas.dashboard import DashboardRead
from chalicelib.together.schemas.insights import InsightsQuery, InsightsRead
from chalicelib.together.service import dashboard, insights
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/dashboard", methods=["GET"])
@endpoint(bp, auth=member, returns=DashboardRead)
def read_dashboard(call: ApiRequest[Member]) -> DashboardRead:
    """Return all that the first screen shows."""
    return dashboard.read_dashboard(call.principal.user)


@bp.route("/v1/together/insights", methods=["GET"])
@endpoint(bp, auth=member, query=InsightsQuery, returns=InsightsRead, errors=(PremiumRequired,))
def read_insights(call: ApiRequest[Member, None, InsightsQuery]) -> InsightsRead:
    """Return the scores of the last days, those without a score included; a missing day is a gap."""
    return insights.read_insights(call.principal.user, call.query.days)
