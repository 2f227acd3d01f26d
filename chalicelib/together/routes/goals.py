"""`/v1/together/goals…`: goals of the relationship."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.http.etags import row_version
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.schemas.goals import GoalCreate, GoalProgress, GoalQuery, GoalRead, GoalUpdate
from chalicelib.together.schemas.spaces import SpaceRowQuery
from chalicelib.together.service import goals
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/goals", methods=["GET"])
@endpoint(bp, auth=member, query=GoalQuery, returns=Page[GoalRead])
def list_goals(call: ApiRequest[Member, None, GoalQuery]) -> PageResult[GoalRead]:
    """List the goals of the present or of a former relationship, newest first, of all statuses or of one."""
    return goals.list_goals(call.principal.user, call.query, call.page)


@bp.route("/v1/together/goals", methods=["POST"])
@endpoint(bp, auth=member, body=GoalCreate, returns=GoalRead, status=201, idempotent="joined")
def add_goal(call: ApiRequest[Member, GoalCreate]) -> GoalRead:
    """Create a goal. Without premium 3 can be open, with premium 20."""
    return goals.add_goal(call.principal.user, call.body, call.idempotency)


@bp.route("/v1/together/goals/{goal_id}", methods=["GET"])
@endpoint(bp, auth=member, query=SpaceRowQuery, returns=GoalRead, etag=row_version)
def get_goal(call: ApiRequest[Member, None, SpaceRowQuery], goal_id: str) -> GoalRead:
    """Return one goal."""
    return goals.get_goal(call.principal.user, goal_id, call.query.relationship)


@bp.route("/v1/together/goals/{goal_id}", methods=["PATCH"])
@endpoint(bp, auth=member, body=GoalUpdate, returns=GoalRead, etag=row_version)
def change_goal(call: ApiRequest[Member, GoalUpdate], goal_id: str) -> GoalRead:
    """Change a goal; omitted fields stay. A completed goal stays completed."""
    return goals.change_goal(call.principal.user, goal_id, call.body, call.if_match or "")


@bp.route("/v1/together/goals/{goal_id}", methods=["DELETE"])
@endpoint(bp, auth=member, status=204, etag=row_version, if_match="optional")
def remove_goal(call: ApiRequest[Member], goal_id: str) -> None:
    """Delete a goal."""
    goals.remove_goal(call.principal.user, goal_id, call.if_match)


@bp.route("/v1/together/goals/{goal_id}/progress", methods=["POST"])
@endpoint(bp, auth=member, body=GoalProgress, returns=GoalRead, idempotent="joined")
def add_progress(call: ApiRequest[Member, GoalProgress], goal_id: str) -> GoalRead:
    """Add to the progress of a goal; both members' progress counts, between 0 and the target."""
    return goals.add_progress(call.principal.user, goal_id, call.body, call.idempotency)
