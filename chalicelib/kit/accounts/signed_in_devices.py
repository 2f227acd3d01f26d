"""Refresh, list and end of an account's sessions."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, sessions
from chalicelib.kit.accounts import mail_requests, rows, state
from chalicelib.kit.accounts.errors import SessionNotFound
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.accounts.realm import Caller, Realm
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.accounts.schemas import SessionRead, SessionTokensRead
from chalicelib.kit.accounts.sign_in import session_tokens
from chalicelib.kit.errors import Unauthenticated
from chalicelib.kit.sessions import RefreshTokenReused, SessionEnded

_ACTIVITY = timedelta(hours=1)
"""The time of the last activity is written at most once in this time."""


def refresh(realm: Realm[R], token: str) -> SessionTokensRead:
    """Rotate a refresh token and return the tokens of its session.

    Raises SessionEnded, also if the account's role has changed; RefreshTokenReused, after it ended the session and
    requested a mail, if the token was replaced.
    """
    content = sessions.read_refresh_token(token)
    role, _, user_id = content.subject.partition(":")
    if role not in realm.roles:
        raise SessionEnded
    try:
        row, session = rows.get_signed_in(realm.accounts, content.subject, content.session_id, user_id)
    except Unauthenticated:
        raise SessionEnded from None
    if not row.is_active or not row.email_verified or realm.role_of(row) != role:
        raise SessionEnded
    try:
        rotated = sessions.rotate(content, session)
    except RefreshTokenReused:
        mail_requests.request_mail(realm, row.id, MailPurpose.SESSION_ENDED, row.email)
        raise
    now = clock.now()
    last = getattr(row, realm.activity)
    if last is None or now - last >= _ACTIVITY:
        rows.mark_active(realm.accounts, row, {realm.activity: now} | state.expired_addresses(row, now))
    return session_tokens(rotated, None)


def list_devices(caller: Caller) -> list[SessionRead]:
    """Return the account's sessions, the last used one first."""
    return [SessionRead.of(row, caller.session_id) for row in reversed(sessions.list_sessions(caller.subject))]


def end_device(caller: Caller, session_id: str) -> None:
    """End a session of the account; `current` is the caller's. Raises SessionNotFound."""
    name = caller.session_id if session_id == "current" else session_id
    if name is None or not sessions.remove_session(caller.subject, name):
        raise SessionNotFound


def end_other_devices(caller: Caller) -> None:
    """End all sessions of the account but the caller's."""
    sessions.end_sessions(each for each in sessions.list_sessions(caller.subject) if each.id != caller.session_id)
