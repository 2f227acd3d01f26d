"""Reset and change of an account's password. Both end sessions in the transaction that writes the new hash."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import sessions
from chalicelib.kit.accounts import mail_requests, password_guesses, rows
from chalicelib.kit.accounts.errors import WrongPassword
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.realm import Realm, SignedIn
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.accounts.sign_up import find_by_link, limit_requests
from chalicelib.kit.accounts.state import can_sign_in
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def request_reset(realm: Realm[R], email: str, source_ip: str) -> None:
    """Send a mail with a link that sets a new password, if the address has an account. Raises TooManyRequests."""
    limit_requests(source_ip)
    row = rows.find_by_email(realm.accounts, email)
    if row is not None and can_sign_in(row, email):
        mail_requests.request_mail(realm, row.id, MailPurpose.RESET, email)
    else:
        mail_requests.is_within_limit(realm, MailPurpose.RESET, email)  # the same work as for a known address


def reset_password(realm: Realm[R], token: str, password: str) -> str:
    """Set a new password by the link of a mail, end all sessions, and return a token of the caller's device.

    It also voids an e-mail change that is not confirmed: a thief of the password may have requested it. Raises InvalidLink,
    InvalidPassword.
    """
    user = find_by_link(realm, MailPurpose.RESET, token)
    new_hash = _hash_new(realm, user, password, "body.password")

    def decide(unit: UnitOfWork) -> R:
        row = find_by_link(realm, MailPurpose.RESET, token)
        _stage_password(realm, unit, row, new_hash, kept_session_id=None)
        return row

    return password_guesses.make_device_token(run_unit_of_work(decide))


def change_password(realm: Realm[R], account: SignedIn[R], current_password: str, new_password: str) -> str:
    """Set a new password, end the other sessions, and return a token of the caller's device.

    Raises TooManyRequests, WrongPassword, InvalidPassword.
    """
    checked = account.user.password_hash
    password_guesses.check_own_password(account, current_password, "body.current_password")
    new_hash = _hash_new(realm, account.user, new_password, "body.new_password")

    def decide(unit: UnitOfWork) -> R:
        row = rows.find_account(realm.accounts, account.id)
        if row is None or row.password_hash != checked:
            raise WrongPassword
        _stage_password(realm, unit, row, new_hash, account.session_id)
        return row

    return password_guesses.make_device_token(run_unit_of_work(decide), account.session_id)


def _hash_new(realm: Realm[R], row: R, password: str, field: str) -> str:
    return password_guesses.hash_new_password(password, field, realm.password_rules, (row.email, row.display_name))


def _stage_password(realm: Realm[R], unit: UnitOfWork, row: R, new_hash: str, kept_session_id: str | None) -> None:
    """Stage the new hash and the end of the sessions but one.

    The write requires the version of the row, which every sign-in changes: one that came in between is read again.
    """
    columns: dict[str, Any] = {"password_hash": new_hash}
    if kept_session_id is None:
        columns |= {"pending_email": None, "pending_email_until": None}
    rows.stage_account_change(realm.accounts, unit.transaction, row, columns)
    open_sessions = sessions.list_sessions(realm.subject_of(row))
    sessions.stage_end(unit.transaction, (each for each in open_sessions if each.id != kept_session_id))
    setattr(row, "password_hash", new_hash)  # noqa: B010 - the protocol's columns are read-only
