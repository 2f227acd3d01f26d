"""Reset and change of a member's password. Both end sessions in the transaction that writes the new hash."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import sessions
from chalicelib.kit.auth import Role
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.account_mails import MailPurpose
from chalicelib.together.domain.account_state import can_sign_in
from chalicelib.together.errors import WrongPassword
from chalicelib.together.models import User
from chalicelib.together.repository import account_rows, users
from chalicelib.together.service import account_mail_orders, password_guesses
from chalicelib.together.service.accounts import find_by_link, limit_requests
from chalicelib.together.service.auth import Member


def request_reset(email: str, source_ip: str) -> None:
    """Send a mail with a link that sets a new password, if the address has an account. Raises TooManyRequests."""
    limit_requests(source_ip)
    owner_id, _ = account_rows.find_email_owner(email)
    user = users.find_user(owner_id) if owner_id else None
    if user is not None and can_sign_in(user, email):
        account_mail_orders.request_mail(user.id, MailPurpose.RESET, email)
    else:
        account_mail_orders.is_within_limit(MailPurpose.RESET, email)  # the same work as for a known address


def reset_password(token: str, password: str) -> str:
    """Set a new password by the link of a mail, end all sessions, and return a token of the caller's device.

    It also voids an e-mail change that is not confirmed: a thief of the password may have requested it. Raises InvalidLink,
    InvalidPassword.
    """
    user = find_by_link(MailPurpose.RESET, token)
    new_hash = password_guesses.hash_new_password(password, "body.password", user.email, user.display_name)

    def decide(unit: UnitOfWork) -> User:
        row = find_by_link(MailPurpose.RESET, token)
        _stage_password(unit, row, new_hash, kept_session_id=None)
        return row

    return password_guesses.make_device_token(run_unit_of_work(decide))


def change_password(member: Member, current_password: str, new_password: str) -> str:
    """Set a new password, end the other sessions, and return a token of the caller's device.

    Raises TooManyRequests, WrongPassword, InvalidPassword.
    """
    user, checked = member.user, member.user.password_hash
    password_guesses.check_own_password(member, current_password, "body.current_password")
    new_hash = password_guesses.hash_new_password(new_password, "body.new_password", user.email, user.display_name)

    def decide(unit: UnitOfWork) -> User:
        row = users.find_user(member.id)
        if row is None or row.password_hash != checked:
            raise WrongPassword
        _stage_password(unit, row, new_hash, member.session_id)
        return row

    return password_guesses.make_device_token(run_unit_of_work(decide), member.session_id)


def _stage_password(unit: UnitOfWork, row: User, new_hash: str, kept_session_id: str | None) -> None:
    """Stage the new hash and the end of the sessions but one.

    The write requires the version of the row, which every sign-in changes: one that came in between is read again.
    """
    columns: dict[str, Any] = {"password_hash": new_hash}
    if kept_session_id is None:
        columns |= {"pending_email": None, "pending_email_until": None}
    account_rows.stage_user_change(unit.transaction, row, columns)
    open_sessions = sessions.list_sessions(f"{Role.MEMBER}:{row.id}")
    sessions.stage_end(unit.transaction, (each for each in open_sessions if each.id != kept_session_id))
    row.password_hash = new_hash
