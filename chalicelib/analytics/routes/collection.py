"""`POST /v1/analytics/events`: events of browsers, members and servers.

The route has a gateway path of its own, so that it can be throttled. Any page may send, without cookies; `text/plain`
saves a beacon the preflight request.
"""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.analytics.errors import DailyLimitReached, OriginNotAllowed, UnknownKey
from chalicelib.analytics.schemas.events import EventsAccepted, EventsCreate
from chalicelib.analytics.service import collection
from chalicelib.analytics.service.collection import RequestOrigin
from chalicelib.kit.auth import Credentials
from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)

PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "86400",
}


@bp.route("/v1/analytics/events", methods=["POST"], content_types=["application/json", "text/plain"])
@endpoint(
    bp,
    body=EventsCreate,
    returns=EventsAccepted,
    status=202,
    any_origin=True,
    errors=(UnknownKey, OriginNotAllowed, DailyLimitReached),
)
def collect_events(call: ApiRequest[None, EventsCreate]) -> EventsAccepted:
    """Collect 1 to 500 events. An invalid event is refused alone, by its index and a code.

    The sender is a page with the site's public `key`, a member (access token) or a server (secret key as bearer token).
    """
    return collection.collect(_request_origin(call.credentials), call.body)


@bp.route("/v1/analytics/events", methods=["OPTIONS"])
@endpoint(bp, any_origin=True, status=204)
def answer_preflight(call: ApiRequest) -> Response:
    """Let the pages of every origin send events (CORS)."""
    return Response("", {**PREFLIGHT, "Cache-Control": "public, max-age=86400"}, 204)


def _request_origin(credentials: Credentials) -> RequestOrigin:
    headers = credentials.headers
    return RequestOrigin(
        token=credentials.bearer() if "authorization" in headers else None,
        origin=headers.get("origin"),
        ip=credentials.source_ip,
        user_agent=headers.get("user-agent", ""),
    )
