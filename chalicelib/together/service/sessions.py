"""Sign-in, refresh and end of members' sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.kit import attempts, auth, clock, passwords, sessions
from chalicelib.kit.attempts import CountedAttempt
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Unauthenticated, WriteConflict
from chalicelib.kit.models import Session
from chalicelib.kit.sessions import RefreshTokenReused, SessionEnded
from chalicelib.kit.tables import Transaction
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain import account_state
from chalicelib.together.domain.account_mails import MailPurpose
from chalicelib.together.errors import InvalidCredentials, SessionNotFound
from chalicelib.together.models import User
from chalicelib.together.repository import account_rows, user_sessions, users
from chalicelib.together.schemas.sessions import SessionRead, SessionTokensRead
from chalicelib.together.service import account_mail, password_guesses
from chalicelib.together.service.auth import Member

_ACTIVITY = timedelta(hours=1)
"""`last_active_at` is written at most once in this time."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: the content of its request, with the caller's address. Personal: never log or store it."""

    email: str
    password: str = field(repr=False)
    device_name: str | None
    device_token: str | None = field(repr=False)
    source_ip: str = field(repr=False)


def sign_in(request: SignIn) -> SessionTokensRead:
    """Check the password and open a session; a closed account that can still be kept is opened.

    Raises TooManyRequests; InvalidCredentials also for an account that is unknown or not verified.
    """
    device = password_guesses.device_of(request.device_token)
    counters = password_guesses.stranger_counters(request.email, request.source_ip)
    if device is not None:
        counters.append(password_guesses.device_counter(device[1], device[2]))
    owner_id, rows = account_rows.find_email_owner(request.email, attempts.keys(counters))
    user = users.find_user(owner_id) if owner_id else None
    if user is not None and not account_state.can_sign_in(user, request.email):
        user = None
    is_known = bool(device and user and device[1] == user.id and device[0].permits(user.password_hash))
    chosen = slice(3, None) if is_known else slice(0, 3)
    stored = user.password_hash if user else None
    counted = password_guesses.check_password(stored, request.password, counters[chosen], rows[chosen])
    if user is None:
        raise InvalidCredentials
    session, user = _open_session(user, request)
    _finish(session.subject, counted)
    device_token = password_guesses.make_device_token(user, device[2] if device and is_known else None)
    return _tokens(session, device_token)


def refresh(token: str) -> SessionTokensRead:
    """Rotate a refresh token and return the tokens of its session.

    Raises SessionEnded; RefreshTokenReused, after it ended the session and requested a mail, if the token was replaced.
    """
    content = sessions.read_refresh_token(token)
    role, _, user_id = content.subject.partition(":")
    if role != Role.MEMBER:
        raise SessionEnded
    try:
        user, session = users.get_signed_in(content.subject, content.session_id, user_id)
    except Unauthenticated:
        raise SessionEnded from None
    if not user.is_active or not user.email_verified:
        raise SessionEnded
    try:
        rotated = sessions.rotate(content, session)
    except RefreshTokenReused:
        account_mail.request_mail(user.id, MailPurpose.SESSION_ENDED, user.email)
        raise
    now = clock.now()
    if user.last_active_at is None or now - user.last_active_at >= _ACTIVITY:
        account_rows.mark_active(user, {"last_active_at": now} | account_state.expired_addresses(user, now))
    return _tokens(rotated, None)


def list_sessions(member: Member) -> list[SessionRead]:
    """Return the member's sessions, the last used one first."""
    return [SessionRead.of(row, member.session_id) for row in reversed(sessions.list_sessions(member.subject))]


def end_session(member: Member, session_id: str) -> None:
    """End a session of the member; `current` is the caller's. Raises SessionNotFound."""
    name = member.session_id if session_id == "current" else session_id
    if name is None or not user_sessions.remove_session(member.subject, name):
        raise SessionNotFound


def end_other_sessions(member: Member) -> None:
    """End all sessions of the member but the caller's."""
    sessions.end_sessions(each for each in sessions.list_sessions(member.subject) if each.id != member.session_id)


def _open_session(user: User, request: SignIn) -> tuple[Session, User]:
    """Write a session, unless the password has changed since it was checked, and return it with the member's row.

    A hash of other parameters is replaced. Raises InvalidCredentials.
    """
    checked = user.password_hash
    fresh: User | None = user
    new_hash = passwords.hash_password(request.password) if passwords.needs_rehash(str(checked)) else checked

    def decide(unit: UnitOfWork) -> tuple[Session, User]:
        nonlocal fresh
        row, fresh = fresh or users.find_user(user.id), None
        if row is None or row.password_hash != checked or not account_state.can_sign_in(row, request.email):
            raise InvalidCredentials
        session = sessions.new_session(f"{Role.MEMBER}:{row.id}", request.device_name)
        changes = account_state.signed_in_changes(row, clock.now())
        if new_hash != checked:
            changes["password_hash"] = new_hash
        user_sessions.stage_session(unit.transaction, session)
        account_rows.stage_user_change(unit.transaction, row, changes, any_version=not account_state.is_closing(row))
        row.password_hash = new_hash
        return session, row

    return run_unit_of_work(decide)


def _finish(subject: str, counted: Sequence[CountedAttempt]) -> None:
    """Take the counted guess back, and end the longest unused sessions above the limit.

    Concurrent callers see the session of each that wrote before they read, so that the last one leaves no surplus.
    """
    surplus = sessions.surplus_sessions(sessions.list_sessions(subject))
    if not surplus:
        attempts.take_back(counted)
        return
    try:
        with Transaction() as transaction:
            sessions.stage_end(transaction, surplus)
            attempts.stage_take_back(transaction, counted)
    except WriteConflict:
        sessions.end_sessions(surplus)


def _tokens(session: Session, device_token: str | None) -> SessionTokensRead:
    account_id = session.subject.partition(":")[2]
    return SessionTokensRead(
        access_token=auth.mint(Role.MEMBER, account_id, session_id=session.id),
        session_id=session.id,
        refresh_token=sessions.refresh_token(session),
        device_token=device_token,
    )
