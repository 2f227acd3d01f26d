"""Accept an invitation: the inviter's space becomes the couple's, the acceptor's ends, in one transaction."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.acceptance import require_acceptable
from chalicelib.together.domain.entitlements import premium_until
from chalicelib.together.errors import InvitationAccepted, InvitationNotFound
from chalicelib.together.models import User
from chalicelib.together.repository import blocks, memberships, relationships, users
from chalicelib.together.schemas.messages import RelationshipSettled
from chalicelib.together.service import invitation_limits
from chalicelib.together.service.invitations import StoredInvitation, read_invitation


def accept_invitation(user: User, code: str) -> str:
    """Make a couple of the inviter and the member; return the id of their relationship.

    A repeated request, or one for the other's invitation, returns the relationship of the two. Raises InvitationNotFound
    for every code that is not open for the member, InvitationAccepted if another member is faster, InvitationIsOwn,
    MemberPaired, TooManyRequests.
    """
    invitation_limits.count_try(user.id)
    conflicts: list[bool] = []

    def decide(unit: UnitOfWork) -> str:
        try:
            invitation = read_invitation(user.id, code)
            if invitation.is_stale:
                raise WriteConflict
            if not invitation.is_accepted:
                require_acceptable(invitation, clock.now())
        except InvitationNotFound:
            if conflicts:
                raise InvitationAccepted from None
            raise
        conflicts.append(True)
        if not invitation.is_accepted:
            _stage_couple(unit, invitation)
        relationship = invitation.own if invitation.is_accepted else invitation.offered
        unit.publish(joined_message(relationship.id, invitation.own.id))
        return relationship.id

    return run_unit_of_work(decide)


def joined_message(relationship_id: str, former_id: str) -> RelationshipSettled:
    """Return the message about a new couple. Its event is the same on a retry."""
    former_ids = () if former_id == relationship_id else (former_id,)
    return RelationshipSettled(
        event_id=f"{relationship_id}/joined", relationship_id=relationship_id, former_relationship_ids=former_ids
    )


def _stage_couple(unit: UnitOfWork, invitation: StoredInvitation) -> None:
    """Stage the writes that make the couple. Each has the condition that nothing changed since the read."""
    transaction, space, own = unit.transaction, invitation.offered, invitation.own
    inviter, acceptor = invitation.inviter, invitation.acceptor
    if inviter is None:
        raise InvitationNotFound
    relationships.stage_activation(transaction, space, acceptor.id, premium_until([inviter, acceptor]))
    relationships.stage_end(transaction, own, acceptor.id)
    users.stage_move(transaction, inviter, space.id, acceptor.id)
    users.stage_move(transaction, acceptor, space.id, inviter.id)
    memberships.stage_second_place(transaction, acceptor.id, space.id)
    memberships.stage_leave(transaction, acceptor.id, own.id, clock.now())
    blocks.stage_no_block(transaction, inviter.id, acceptor.id)
