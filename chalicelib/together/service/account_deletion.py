"""Deletion of members' accounts: closed at once, erased after 7 days unless the member signs in."""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing import service as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.kit import messages
from chalicelib.kit.accounts import deletion, password_guesses
from chalicelib.kit.accounts.schemas import AccountDeletionRead
from chalicelib.together.models import User
from chalicelib.together.schemas.messages import MemberErasureDue
from chalicelib.together.service import endings
from chalicelib.together.service.auth import Member
from chalicelib.together.service.realm import REALM


def close_account(member: Member, password: str) -> AccountDeletionRead:
    """Close the account: end the relationship, then all sessions with the account in one transaction.

    A crash in between leaves the member signed in, to repeat the request. An invitation that is accepted in between makes
    a couple, which ends afterwards: nobody accepts one of a closed account. Raises TooManyRequests, WrongPassword.
    """
    password_guesses.check_own_password(member, password)
    endings.end_for(member.id)
    closed = deletion.close_account(REALM, member)
    endings.end_for(member.id)
    return closed


def expire_accounts(due: datetime) -> int:
    """Remove accounts that were not verified, and request the erasure of closed ones; return how many were due.

    Raises RuntimeError at the end if some failed.
    """
    return deletion.expire_accounts(REALM, due, _erase)


def _erase(user: User, closed_at: datetime) -> None:
    """End what the member still has with others, and request the erasure."""
    endings.end_for(user.id)
    billing.leave(OwnerType.MEMBER, user.id)
    messages.publish(MemberErasureDue(user_id=user.id, closed_at=closed_at))
