"""Sign-in: the password, a second factor where the realm has one, then a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.kit import attempts, auth, clock, passwords, sessions
from chalicelib.kit.accounts import password_guesses, rows, state
from chalicelib.kit.accounts.errors import CodeRequired, InvalidCredentials
from chalicelib.kit.accounts.realm import Realm
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.accounts.schemas import SessionTokensRead
from chalicelib.kit.attempts import CountedAttempt
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.models import Session
from chalicelib.kit.tables import Transaction
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: the content of its request, with the caller's address. Personal: never log or store it."""

    email: str
    password: str = field(repr=False)
    device_name: str | None
    device_token: str | None = field(repr=False)
    source_ip: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    """Of the second factor."""


def sign_in(realm: Realm[R], request: SignIn) -> SessionTokensRead:
    """Check the password and open a session; a closed account that can still be kept is opened.

    Raises TooManyRequests; InvalidCredentials also for an account that is unknown or not verified; CodeRequired; and
    InvalidCode or SecondFactorMissing, whose guess stays counted.
    """
    device = password_guesses.device_of(request.device_token)
    counters = password_guesses.stranger_counters(realm.accounts.context, request.email, request.source_ip)
    if device is not None:
        counters.append(password_guesses.device_counter(device[1], device[2]))
    owner_id, counted_rows = rows.find_email_owner(realm.accounts, request.email, attempts.keys(counters))
    row = rows.find_account(realm.accounts, owner_id) if owner_id else None
    if row is not None and not state.can_sign_in(row, request.email):
        row = None
    is_known = bool(device and row and device[1] == row.id and device[0].permits(row.password_hash))
    chosen = slice(3, None) if is_known else slice(0, 3)
    stored = row.password_hash if row else None
    counted = password_guesses.check_password(stored, request.password, counters[chosen], counted_rows[chosen])
    if row is None:
        raise InvalidCredentials
    try:
        session, row = _open_session(realm, row, request)
    except CodeRequired:
        attempts.take_back(counted)
        raise
    _finish(session.subject, counted)
    device_token = password_guesses.make_device_token(row, device[2] if device and is_known else None)
    return session_tokens(session, device_token)


def session_tokens(session: Session, device_token: str | None) -> SessionTokensRead:
    """Return the tokens of a session, whose subject names the role and the account."""
    role, _, account_id = session.subject.partition(":")
    return SessionTokensRead(
        access_token=auth.mint(Role(role), account_id, session_id=session.id),
        session_id=session.id,
        refresh_token=sessions.refresh_token(session),
        device_token=device_token,
    )


def _open_session(realm: Realm[R], row: R, request: SignIn) -> tuple[Session, R]:
    """Write a session, unless the password has changed since it was checked, and return it with the account's row.

    A hash of other parameters is replaced. With a second factor, the row must not have changed at all: its code is used
    once. Raises InvalidCredentials.
    """
    checked = row.password_hash
    user_id, first = row.id, [row]
    new_hash = passwords.hash_password(request.password) if passwords.needs_rehash(str(checked)) else checked

    def decide(unit: UnitOfWork) -> tuple[Session, R]:
        row = first.pop() if first else rows.find_account(realm.accounts, user_id)
        if row is None or row.password_hash != checked or not state.can_sign_in(row, request.email):
            raise InvalidCredentials
        now = clock.now()
        session = sessions.new_session(realm.subject_of(row), request.device_name)
        used_code = realm.second_factor(row, request.code, now)
        changes = {realm.activity: now, **used_code, **state.signed_in_changes(row, now)}
        if new_hash != checked:
            changes["password_hash"] = new_hash
        unit.transaction.put(session)
        any_version = not (used_code or state.is_closing(row))
        rows.stage_account_change(realm.accounts, unit.transaction, row, changes, any_version=any_version)
        if new_hash != checked:
            setattr(row, "password_hash", new_hash)  # noqa: B010 - the protocol's columns are read-only
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
