"""`/v1/together/invitations…`: invite a partner, and accept an invitation."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.errors import TooManyRequests
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.together.errors import InvitationAccepted, InvitationIsOwn, InvitationNotFound, MemberPaired
from chalicelib.together.schemas.relationships import (
    InvitationCreate,
    InvitationPreview,
    InvitationRead,
    RelationshipRead,
)
from chalicelib.together.service import acceptance, invitations, relationships
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/invitations", methods=["POST"])
@endpoint(
    bp, auth=member, body=InvitationCreate, returns=InvitationRead, status=201, errors=(MemberPaired, TooManyRequests)
)
def create_invitation(call: ApiRequest[Member, InvitationCreate]) -> InvitationRead:
    """Create an invitation, which voids the one before it. The inviter's dates, goals and activities become joint."""
    return invitations.create_invitation(call.principal.user, call.body.email)


@bp.route("/v1/together/invitations", methods=["DELETE"])
@endpoint(bp, auth=member, status=204)
def void_invitation(call: ApiRequest[Member]) -> None:
    """Cancel the open invitation, if there is one."""
    invitations.void_invitation(call.principal.user)


@bp.route("/v1/together/invitations/{code}", methods=["GET"])
@endpoint(bp, auth=member, returns=InvitationPreview, errors=(InvitationNotFound, TooManyRequests))
def preview_invitation(call: ApiRequest[Member], code: str) -> InvitationPreview:
    """Return who invites. Every code that is not open for the member gives the same 404."""
    return invitations.preview_invitation(call.principal.user, code)


@bp.route("/v1/together/invitations/{code}", methods=["POST"])
@endpoint(
    bp,
    auth=member,
    returns=RelationshipRead,
    errors=(InvitationNotFound, InvitationAccepted, InvitationIsOwn, MemberPaired, TooManyRequests),
)
def accept_invitation(call: ApiRequest[Member], code: str) -> RelationshipRead:
    """Accept an invitation and return the relationship; a repeat returns it, too."""
    user = call.principal.user
    acceptance.accept_invitation(user, code)
    return relationships.read_present_relationship(user.id)
