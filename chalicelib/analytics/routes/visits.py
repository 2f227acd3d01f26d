"""`/v1/analytics/sites/{tenant}/sessions…` and `…/users/{user_id}`: single visits and users of a site."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.errors import VisitNotFound
from chalicelib.analytics.routes.auth import reader
from chalicelib.analytics.schemas.traffic import UserRead, VisitDetail, VisitQuery, VisitRead
from chalicelib.analytics.service import visits
from chalicelib.kit.auth import Account
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)


@bp.route("/v1/analytics/sites/{tenant}/sessions", methods=["GET"])
@endpoint(bp, auth=reader, query=VisitQuery, returns=Page[VisitRead])
def list_visits(call: ApiRequest[Account, None, VisitQuery], tenant: str) -> PageResult[VisitRead]:
    """List the settled visits that began on a day, for 90 days."""
    return visits.list_visits(tenant, call.query.day, call.page)


@bp.route("/v1/analytics/sites/{tenant}/sessions/{session_id}", methods=["GET"])
@endpoint(bp, auth=reader, returns=VisitDetail, errors=(VisitNotFound,))
def get_visit(call: ApiRequest[Account], tenant: str, session_id: str) -> VisitDetail:
    """Return a visit with its page views and events."""
    return visits.get_visit(tenant, session_id)


@bp.route("/v1/analytics/sites/{tenant}/users/{user_id}", methods=["GET"])
@endpoint(bp, auth=reader, returns=UserRead)
def get_user(call: ApiRequest[Account], tenant: str, user_id: str) -> UserRead:
    """Return the last visits, events and days of a user."""
    return visits.get_user(tenant, user_id)
