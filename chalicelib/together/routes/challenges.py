"""`/v1/together/challenges…`: challenges of the relationship."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.schemas.challenges import (
    ChallengeCreate,
    ChallengeQuery,
    ChallengeRead,
    ChallengeStep,
    ChallengeUpdate,
)
from chalicelib.together.schemas.spaces import SpaceRowQuery
from chalicelib.together.service import challenges
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


def _version(body: ChallengeRead | None) -> str:
    return challenges.challenge_version(body) if body else ""


@bp.route("/v1/together/challenges", methods=["GET"])
@endpoint(bp, auth=member, query=ChallengeQuery, returns=Page[ChallengeRead])
def list_challenges(call: ApiRequest[Member, None, ChallengeQuery]) -> PageResult[ChallengeRead]:
    """List the challenges of the present or of a former relationship, newest first, of all statuses or of one."""
    return challenges.list_challenges(call.principal.user, call.query, call.page)


@bp.route("/v1/together/challenges", methods=["POST"])
@endpoint(bp, auth=member, body=ChallengeCreate, returns=ChallengeRead, status=201, idempotent="joined")
def add_challenge(call: ApiRequest[Member, ChallengeCreate]) -> ChallengeRead:
    """Start a challenge of the library. Without premium 1 easy one can be open, with premium 3 of any difficulty."""
    return challenges.add_challenge(call.principal.user, call.body, call.idempotency)


@bp.route("/v1/together/challenges/{challenge_id}", methods=["GET"])
@endpoint(bp, auth=member, query=SpaceRowQuery, returns=ChallengeRead, etag=_version)
def get_challenge(call: ApiRequest[Member, None, SpaceRowQuery], challenge_id: str) -> ChallengeRead:
    """Return one challenge."""
    return challenges.get_challenge(call.principal.user, challenge_id, call.query.relationship)


@bp.route("/v1/together/challenges/{challenge_id}", methods=["PATCH"])
@endpoint(bp, auth=member, body=ChallengeUpdate, returns=ChallengeRead, etag=_version)
def abandon_challenge(call: ApiRequest[Member, ChallengeUpdate], challenge_id: str) -> ChallengeRead:
    """Give up a challenge."""
    return challenges.abandon_challenge(call.principal.user, challenge_id, call.if_match or "")


@bp.route("/v1/together/challenges/{challenge_id}", methods=["DELETE"])
@endpoint(bp, auth=member, status=204, etag=_version, if_match="optional")
def remove_challenge(call: ApiRequest[Member], challenge_id: str) -> None:
    """Delete a challenge."""
    challenges.remove_challenge(call.principal.user, challenge_id, call.if_match)


@bp.route("/v1/together/challenges/{challenge_id}/steps", methods=["POST"])
@endpoint(bp, auth=member, body=ChallengeStep, returns=ChallengeRead, idempotent="joined")
def take_step(call: ApiRequest[Member, ChallengeStep], challenge_id: str) -> ChallengeRead:
    """Take the step of a date; steps can be taken until three days after the last day."""
    return challenges.take_step(call.principal.user, challenge_id, call.body, call.idempotency)
