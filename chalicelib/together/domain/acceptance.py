"""Whether an invitation is open for a member, and whether they may accept it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.together.domain.relationship_state import RelationshipFields, is_alone, is_couple
from chalicelib.together.errors import InvitationIsOwn, InvitationNotFound, MemberPaired


class InvitationFields(RelationshipFields, Protocol):
    """The fields of an inviter's space that decide whether its invitation is open."""

    @property
    def invite_code(self) -> str | None: ...
    @property
    def invited_email(self) -> str | None: ...
    @property
    def invite_expires_at(self) -> datetime | None: ...


class MemberFields(Protocol):
    """The fields of an account that decide who may accept."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def is_active(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as a member meets it. `digests` are those of the code that the member gave."""

    offered: InvitationFields
    inviter: MemberFields | None
    acceptor: MemberFields
    own: RelationshipFields
    is_blocked: bool
    digests: Collection[str] = field(repr=False)

    def is_open(self, now: datetime) -> bool:
        """Return whether the invitation can be accepted: by this member, for all that it depends on the inviter."""
        space = self.offered
        return (
            is_alone(space)
            and space.invite_code in self.digests
            and space.invite_expires_at is not None
            and space.invite_expires_at > now
            and space.invited_email in (None, self.acceptor.email)
            and self.inviter is not None
            and self.inviter.is_active
            and not self.is_blocked
        )

    @property
    def is_own(self) -> bool:
        """Whether the member wrote it."""
        return self.offered.user_1_id == self.acceptor.id

    @property
    def is_accepted(self) -> bool:
        """Whether the two are a couple already: the request was repeated, or each accepted the other's invitation."""
        is_with_inviter = self.offered.user_1_id in (self.own.user_1_id, self.own.user_2_id)
        return is_with_inviter and is_couple(self.own) and not self.is_own

    @property
    def is_stale(self) -> bool:
        """Whether the acceptor moved to another relationship between the reads."""
        return not is_alone(self.own) and not is_couple(self.own)


def require_acceptable(invitation: Invitation, now: datetime) -> None:
    """Raise InvitationNotFound, InvitationIsOwn or MemberPaired if the member cannot accept the invitation."""
    if invitation.is_own and is_alone(invitation.offered) and invitation.offered.invite_code in invitation.digests:
        raise InvitationIsOwn
    if not invitation.is_open(now):
        raise InvitationNotFound
    if not is_alone(invitation.own):
        raise MemberPaired
