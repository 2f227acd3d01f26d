"""Invitations: one open code per space of one, shown once, stored as a digest, valid for seven days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.kit import clock, config, messages, signing
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import invitation_codes
from chalicelib.together.domain.acceptance import Invitation
from chalicelib.together.domain.relationship_state import is_alone
from chalicelib.together.errors import InvitationNotFound, MemberPaired
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import blocks, invitations, relationships, users
from chalicelib.together.schemas.messages import AccountMailRequested
from chalicelib.together.schemas.relationships import InvitationPreview, InvitationRead
from chalicelib.together.service import invitation_limits

LIFETIME = timedelta(days=7)
MAIL_PURPOSE = "invite"
_KEY = "together/invitation"


@dataclass(frozen=True, slots=True)
class InvitationMail:
    """An open invitation that is to be mailed. `url` accepts it."""

    address: str = field(repr=False)
    inviter: str = field(repr=False)
    url: str = field(repr=False)
    expires_at: datetime


def create_invitation(user: User, email: str | None) -> InvitationRead:
    """Create the invitation of the member's space, which voids the one before it; mail it if it is for an address.

    The answer is the same whether the mail is sent or not: nobody learns of a block, or of other invitations of the
    recipient. Raises MemberPaired, TooManyRequests.
    """
    if email is not None:
        invitation_limits.count_inviter_mail(user.id)

    def decide(unit: UnitOfWork) -> InvitationRead:
        space = relationships.get_relationship(str((users.find_user(user.id) or user).relationship_id))
        if not is_alone(space):
            raise MemberPaired
        expires_at = clock.now() + LIFETIME
        key = signing.key(_KEY)[1]
        code = invitation_codes.derive(key, space.id, clock.iso(expires_at))
        [digest] = invitation_codes.digests([key], code)
        invitations.stage_code(unit.transaction, digest, space.id, expires_at)
        relationships.stage_invitation(unit.transaction, space, digest, email, expires_at)
        return InvitationRead(code=code, url=_accept_url(code), expires_at=expires_at)

    invitation = run_unit_of_work(decide)
    if email is not None and _is_mail_wanted(user, email):
        _request_mail(user.id)
    return invitation


def void_invitation(user: User) -> None:
    """Cancel the open invitation of the member's space, if there is one."""

    def decide(unit: UnitOfWork) -> None:
        space = relationships.get_relationship(str((users.find_user(user.id) or user).relationship_id))
        if is_alone(space) and space.invite_code is not None:
            relationships.stage_no_invitation(unit.transaction, space)

    run_unit_of_work(decide)


def preview_invitation(user: User, code: str) -> InvitationPreview:
    """Return who invites. Raises InvitationNotFound for every code that is not open for the member, TooManyRequests."""
    invitation_limits.count_try(user.id)
    invitation = read_invitation(user.id, code)
    inviter, space = invitation.inviter, invitation.offered
    if inviter is None or space.invite_expires_at is None or not invitation.is_open(clock.now()):
        raise InvitationNotFound
    return InvitationPreview(inviter=inviter.display_name, expires_at=space.invite_expires_at)


@dataclass(frozen=True, slots=True)
class StoredInvitation(Invitation):
    """An invitation with its rows."""

    offered: Relationship
    inviter: User | None
    acceptor: User
    own: Relationship


def read_invitation(user_id: str, code: str) -> StoredInvitation:
    """Read all that decides on an invitation for a member. Raises InvitationNotFound if no space has the code."""
    parsed = invitation_codes.parse(code)
    digests = invitation_codes.digests(signing.keys(_KEY).values(), parsed) if parsed else []
    space_id = invitations.find_space_id(digests) if digests else None
    if space_id is None:
        raise InvitationNotFound
    [offered] = relationships.find_relationships([space_id])
    if offered is None:
        raise InvitationNotFound
    if offered.user_1_id == user_id:
        acceptor = inviter = users.find_user(user_id)
    else:
        inviter, acceptor = users.find_users([offered.user_1_id, user_id])
    if acceptor is None:
        raise InvitationNotFound
    return StoredInvitation(
        offered=offered,
        inviter=inviter,
        acceptor=acceptor,
        own=relationships.get_relationship(str(acceptor.relationship_id)),
        is_blocked=blocks.either_blocks(offered.user_1_id, user_id),
        digests=digests,
    )


def find_invitation_mail(user_id: str) -> InvitationMail | None:
    """Return the mail of the member's open invitation; None if there is none, or its recipient is not to get it.

    The code is derived from the row, so that no message holds it.
    """
    user = users.find_user(user_id)
    if user is None or not user.is_active or user.relationship_id is None:
        return None
    space = relationships.get_relationship(user.relationship_id)
    expires_at = space.invite_expires_at
    if not is_alone(space) or space.invited_email is None or expires_at is None or expires_at <= clock.now():
        return None
    code = _code_of(space, expires_at, signing.keys(_KEY).values())
    if code is None or _is_blocked(user, space.invited_email):
        return None
    return InvitationMail(space.invited_email, user.display_name, _accept_url(code), expires_at)


def _code_of(space: Relationship, expires_at: datetime, keys: Iterable[bytes]) -> str | None:
    """Return the code of a space's invitation, which one of the accepted keys has made."""
    for key in keys:
        code = invitation_codes.derive(key, space.id, clock.iso(expires_at))
        if invitation_codes.digests([key], code) == [space.invite_code]:
            return code
    return None


def _is_mail_wanted(user: User, email: str) -> bool:
    """Return whether the recipient is to get the mail: no block, and under the limit of invitations a week."""
    return invitation_limits.count_recipient_mail(email) and not _is_blocked(user, email)


def _is_blocked(user: User, email: str) -> bool:
    recipient = users.find_by_email(email)
    return recipient is not None and blocks.either_blocks(user.id, recipient.id)


def _accept_url(code: str) -> str:
    return f"{config.settings().public_url}/together/app#invite={code}"


def _request_mail(user_id: str) -> None:
    messages.publish(AccountMailRequested(user_id=user_id, purpose=MAIL_PURPOSE))
