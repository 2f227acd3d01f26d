"""`/v1/together/ideas…`: AI prompts and date ideas for credits."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.schemas.ideas import IdeaCreate, IdeaQuery, IdeaRead
from chalicelib.together.service import ideas
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/ideas", methods=["GET"])
@endpoint(bp, auth=member, query=IdeaQuery, returns=Page[IdeaRead])
def list_ideas(call: ApiRequest[Member, None, IdeaQuery]) -> PageResult[IdeaRead]:
    """List one's own orders of ideas, newest first."""
    return ideas.list_ideas(call.principal.user, call.page)


@bp.route("/v1/together/ideas", methods=["POST"])
@endpoint(bp, auth=member, body=IdeaCreate, returns=IdeaRead, status=202, idempotent="claimed")
def order_idea(call: ApiRequest[Member, IdeaCreate]) -> IdeaRead:
    """Order three prompts or date ideas for one credit. They are written soon: read the order until it is completed."""
    return ideas.order_idea(call.principal.user, call.body, call.idempotency)


@bp.route("/v1/together/ideas/{idea_id}", methods=["GET"])
@endpoint(bp, auth=member, returns=IdeaRead)
def get_idea(call: ApiRequest[Member], idea_id: str) -> IdeaRead:
    """Return one order; its credits are returned if the status is `failed`."""
    return ideas.get_idea(call.principal.user, idea_id)
