"""Deletion of accounts: closed at once, erased after 7 days unless the member signs in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from chalicelib.billing import service as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.kit import clock, logs, messages, sessions
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import account_state
from chalicelib.together.errors import WrongPassword
from chalicelib.together.models import User
from chalicelib.together.repository import account_rows, users
from chalicelib.together.schemas.messages import MemberErasureDue
from chalicelib.together.schemas.profile import AccountDeletionRead
from chalicelib.together.service import endings, password_guesses
from chalicelib.together.service.auth import Member

LOOK_BACK = timedelta(days=40)
"""How long after its date an account is still found, if the schedule did not run or a step failed."""

log = logs.logger("together")


def close_account(member: Member, password: str) -> AccountDeletionRead:
    """Close the account: end the relationship, then all sessions with the account in one transaction.

    A crash in between leaves the member signed in, to repeat the request. An invitation that is accepted in between makes
    a couple, which ends afterwards: nobody accepts one of a closed account. Raises TooManyRequests, WrongPassword.
    """
    checked = member.user.password_hash
    password_guesses.check_own_password(member, password)
    endings.end_for(member.id)
    closing = account_state.closing_columns(clock.now())

    def decide(unit: UnitOfWork) -> None:
        row = users.find_user(member.id)
        if row is None or row.password_hash != checked:
            raise WrongPassword
        account_rows.stage_user_change(unit.transaction, row, closing)
        sessions.stage_end(unit.transaction, sessions.list_sessions(member.subject))

    run_unit_of_work(decide)
    endings.end_for(member.id)
    return AccountDeletionRead.model_validate({"closing_at": closing["closing_at"]})


def expire_accounts(due: datetime) -> int:
    """Remove accounts that were not verified, and request the erasure of closed ones; return how many were due.

    The failure of one account ends no other's; it is found again at the next run. Raises RuntimeError at the end if some
    failed.
    """
    count = failures = 0
    for day in _days_until(due.date()):
        for user in account_rows.iterate_closing(day):
            try:
                count += _expire(user, due)
            except Exception:
                failures += 1
                log.exception("account not expired")
    if failures:
        raise RuntimeError(f"{failures} accounts could not be expired")
    return count


def _days_until(today: date) -> list[date]:
    return [today - timedelta(days=number) for number in range(LOOK_BACK.days, -1, -1)]


def _expire(user: User, now: datetime) -> bool:
    """End one account that is due, and return whether it was."""
    if not user.email_verified:
        return user.updated_at + account_state.CLOSING <= now and account_rows.remove_unverified_user(user)
    if user.closing_at is None or user.closing_at > now or not account_rows.mark_expired(user):
        return False
    endings.end_for(user.id)
    billing.leave(OwnerType.MEMBER, user.id)
    messages.publish(MemberErasureDue(user_id=user.id, closed_at=user.closing_at - account_state.CLOSING))
    return True
