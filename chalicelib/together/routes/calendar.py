"""`/v1/together/calendar` and `/together/calendar.ics`: the calendar link, and the feed that programs read."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.together.errors import CalendarNotFound, PremiumRequired
from chalicelib.together.schemas.calendar import CalendarLink, CalendarQuery
from chalicelib.together.service import calendar
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/calendar", methods=["POST"])
@endpoint(bp, auth=member, returns=CalendarLink, status=201, errors=(PremiumRequired,))
def add_calendar_link(call: ApiRequest[Member]) -> CalendarLink:
    """Return the member's calendar link, and make one if there is none. A repeat returns the same link."""
    return calendar.add_link(call.principal.user)


@bp.route("/v1/together/calendar", methods=["DELETE"])
@endpoint(bp, auth=member, status=204)
def revoke_calendar_link(call: ApiRequest[Member]) -> None:
    """Revoke the member's calendar link."""
    calendar.revoke_link(call.principal.user)


@bp.route("/together/calendar.ics", methods=["GET"])
@endpoint(bp, query=CalendarQuery, media_type="text/calendar", errors=(CalendarNotFound,))
def read_calendar(call: ApiRequest[None, None, CalendarQuery]) -> Response:
    """Return the member's dates for calendar programs; 404 once the link is revoked or there is no premium."""
    feed = calendar.read_feed(call.query.token).decode()
    return Response(feed, {"Content-Type": "text/calendar; charset=utf-8", "Referrer-Policy": "no-referrer"})
