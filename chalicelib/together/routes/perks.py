"""`/v1/together/perks`: surprise boxes and coaching sessions."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.together.schemas.perks import PerkClaim, PerkRead, PerksRead
from chalicelib.together.service import perks
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/perks", methods=["GET"])
@endpoint(bp, auth=member, returns=PerksRead)
def list_perks(call: ApiRequest[Member]) -> PerksRead:
    """Return the perks that can be claimed now, and those claimed, newest first."""
    return perks.list_perks(call.principal.user)


@bp.route("/v1/together/perks", methods=["POST"])
@endpoint(bp, auth=member, body=PerkClaim, returns=PerkRead, status=201, idempotent="joined")
def claim_perk(call: ApiRequest[Member, PerkClaim]) -> PerkRead:
    """Claim a box of this month, or a coaching session."""
    return perks.claim_perk(call.principal.user, call.body, call.idempotency)
