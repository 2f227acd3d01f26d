"""`/v1/together/achievements`: the awards of a relationship."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.together.schemas.achievements import AchievementsRead
from chalicelib.together.schemas.spaces import SpaceRowQuery
from chalicelib.together.service import achievements
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/achievements", methods=["GET"])
@endpoint(bp, auth=member, query=SpaceRowQuery, returns=AchievementsRead)
def list_achievements(call: ApiRequest[Member, None, SpaceRowQuery]) -> AchievementsRead:
    """Return the awards of the couple and of its members, oldest first; of a former relationship without the partner's."""
    return achievements.list_achievements(call.principal.user, call.query.relationship)
