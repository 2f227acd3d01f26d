"""`/v1/analytics/sites/{tenant}/…`: the numbers of a site's days."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.routes.auth import reader
from chalicelib.analytics.schemas.traffic import (
    DayRange,
    EngagementDays,
    EventCountDays,
    EventDays,
    FeatureList,
    PartnerDays,
    PartnerDaysRead,
    TrafficOverview,
    UserDays,
)
from chalicelib.analytics.service import traffic
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)


@bp.route("/v1/analytics/sites/{tenant}/overview", methods=["GET"])
@endpoint(bp, auth=reader, query=DayRange, returns=TrafficOverview)
def get_overview(call: ApiRequest[Account, None, DayRange], tenant: str) -> TrafficOverview:
    """Return the traffic of at most 366 days, as of their last computation."""
    return traffic.get_overview(tenant, *call.query.days)


@bp.route("/v1/analytics/sites/{tenant}/features", methods=["GET"])
@endpoint(bp, auth=reader, query=DayRange, returns=FeatureList)
def list_features(call: ApiRequest[Account, None, DayRange], tenant: str) -> FeatureList:
    """List the features that were used, the most used first."""
    return traffic.list_features(tenant, *call.query.days)


@bp.route("/v1/analytics/sites/{tenant}/engagement", methods=["GET"])
@endpoint(bp, auth=reader, query=UserDays, returns=EngagementDays)
def list_engagement(call: ApiRequest[Account, None, UserDays], tenant: str) -> EngagementDays:
    """List a user's days with their scores."""
    return traffic.list_engagement(tenant, call.query.user, *call.query.days)


@bp.route("/v1/analytics/sites/{tenant}/counts", methods=["GET"])
@endpoint(bp, auth=reader, query=EventDays, returns=EventCountDays)
def list_counts(call: ApiRequest[Account, None, EventDays], tenant: str) -> EventCountDays:
    """List how often an event occurred, by day and value of the counted property."""
    return traffic.list_counts(tenant, call.query.event, *call.query.days)


@bp.route("/v1/analytics/sites/{tenant}/partners", methods=["GET"])
@endpoint(bp, auth=reader, query=PartnerDays, returns=PartnerDaysRead)
def list_partner_days(call: ApiRequest[Account, None, PartnerDays], tenant: str) -> PartnerDaysRead:
    """List the bookings at a partner by day."""
    return traffic.list_partner_days(tenant, call.query.partner, *call.query.days)
