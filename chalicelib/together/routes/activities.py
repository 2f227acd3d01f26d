"""`/v1/together/activities…`: activities of the relationship."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.http.etags import row_version
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.schemas.activities import ActivityCreate, ActivityQuery, ActivityRead, ActivityUpdate
from chalicelib.together.schemas.spaces import SpaceRowQuery
from chalicelib.together.service import activities
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/activities", methods=["GET"])
@endpoint(bp, auth=member, query=ActivityQuery, returns=Page[ActivityRead])
def list_activities(call: ApiRequest[Member, None, ActivityQuery]) -> PageResult[ActivityRead]:
    """List the activities of the present or of a former relationship, the latest date first."""
    return activities.list_activities(call.principal.user, call.query, call.page)


@bp.route("/v1/together/activities", methods=["POST"])
@endpoint(bp, auth=member, body=ActivityCreate, returns=ActivityRead, status=201, idempotent="joined")
def add_activity(call: ApiRequest[Member, ActivityCreate]) -> ActivityRead:
    """Plan an activity; 20 can be planned at the same time."""
    return activities.add_activity(call.principal.user, call.body, call.idempotency)


@bp.route("/v1/together/activities/{activity_id}", methods=["GET"])
@endpoint(bp, auth=member, query=SpaceRowQuery, returns=ActivityRead, etag=row_version)
def get_activity(call: ApiRequest[Member, None, SpaceRowQuery], activity_id: str) -> ActivityRead:
    """Return one activity."""
    return activities.get_activity(call.principal.user, activity_id, call.query.relationship)


@bp.route("/v1/together/activities/{activity_id}", methods=["PATCH"])
@endpoint(bp, auth=member, body=ActivityUpdate, returns=ActivityRead, etag=row_version)
def change_activity(call: ApiRequest[Member, ActivityUpdate], activity_id: str) -> ActivityRead:
    """Change, complete, cancel or rate an activity; omitted fields stay. Each member has a rating of their own."""
    return activities.change_activity(call.principal.user, activity_id, call.body, call.if_match or "")


@bp.route("/v1/together/activities/{activity_id}", methods=["DELETE"])
@endpoint(bp, auth=member, status=204, etag=row_version, if_match="optional")
def remove_activity(call: ApiRequest[Member], activity_id: str) -> None:
    """Delete an activity."""
    activities.remove_activity(call.principal.user, activity_id, call.if_match)
