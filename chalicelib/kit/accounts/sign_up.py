"""Sign-up and verification. Their responses do not reveal whether an address has an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib.kit import attempts, bound_tokens, clock, ids
from chalicelib.kit.accounts import mail_requests, password_guesses, rows
from chalicelib.kit.accounts.errors import InvalidCredentials, InvalidLink
from chalicelib.kit.accounts.mail_links import MailPurpose, link_state
from chalicelib.kit.accounts.realm import Realm
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.accounts.state import CLOSING
from chalicelib.kit.attempts import Limit
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

_REQUESTS = Limit("account-requests", 60, timedelta(hours=1))
"""Sign-ups and resets of a caller's address."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """A sign-up; `columns` are those of its realm alone. Personal: never log or store it."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    display_name: str = field(repr=False)
    columns: Mapping[str, Any] = field(repr=False)


def limit_requests(source_ip: str) -> None:
    """Count a sign-up or reset of the caller's address. Raises TooManyRequests after 60 in an hour."""
    attempts.count([attempts.counter(_REQUESTS, attempts.network_of(source_ip))])


def sign_up(realm: Realm[R], request: SignUp, source_ip: str) -> None:
    """Create an account that its mail verifies, or mail the owner of the address: with one hash and one mail either way.

    A second sign-up before the verification replaces the first one. Raises InvalidPassword, TooManyRequests.
    """
    limit_requests(source_ip)
    password_hash = password_guesses.hash_new_password(
        request.password, "body.password", realm.password_rules, (request.email, request.display_name)
    )

    def decide(unit: UnitOfWork) -> tuple[str, MailPurpose]:
        owner_id, _ = rows.find_email_owner(realm.accounts, request.email)
        owner = rows.find_account(realm.accounts, owner_id) if owner_id else None
        if owner_id and owner is None:
            raise WriteConflict  # another caller releases the address
        columns = _sign_up_columns(request, password_hash)
        if owner is None:
            row = new_row(realm, request.email, columns)
            rows.stage_new_account(realm.accounts, unit.transaction, row)
            return row.id, MailPurpose.VERIFY
        if owner.email_verified:
            return owner.id, MailPurpose.ACCOUNT_EXISTS if owner.email == request.email else MailPurpose.ADDRESS_HELD
        rows.stage_account_change(realm.accounts, unit.transaction, owner, columns)
        return owner.id, MailPurpose.VERIFY

    user_id, purpose = run_unit_of_work(decide)
    mail_requests.request_mail(realm, user_id, purpose, request.email)


def verify_account(realm: Realm[R], token: str, password: str, source_ip: str) -> R:
    """Verify an account by the link of its mail and its password, and return its row.

    The password is needed because a stranger may have signed up with the address. Raises InvalidLink, TooManyRequests,
    InvalidCredentials.
    """
    row = find_by_link(realm, MailPurpose.VERIFY, token)
    counters = password_guesses.stranger_counters(realm.accounts.context, row.email, source_ip)
    counted = password_guesses.check_password(row.password_hash, password, counters)
    realm.register_address(row)
    checked = row.password_hash

    def decide(unit: UnitOfWork) -> R:
        row = find_by_link(realm, MailPurpose.VERIFY, token)
        if row.password_hash != checked:
            raise InvalidCredentials
        changes = {"email_verified": True, "closing_on": None, **realm.stage_verified(unit, row)}
        rows.stage_account_change(realm.accounts, unit.transaction, row, changes)
        return row

    verified = run_unit_of_work(decide)
    attempts.take_back(counted)
    return verified


def find_by_link(realm: Realm[R], purpose: MailPurpose, token: str) -> R:
    """Return the account that a link may change in its present state. Raises InvalidLink, which names `body.token`."""
    link = bound_tokens.read(f"account/{purpose}", token)
    row = rows.find_account(realm.accounts, link.subject) if link else None
    if link is None or row is None or not link.permits(*link_state(purpose, row)):
        raise InvalidLink(errors=[{"path": "body.token", "message": InvalidLink.title}])
    return row


def new_row(realm: Realm[R], email: str, columns: Mapping[str, Any]) -> R:
    """Return the row of a new account with these columns."""
    now = clock.now()
    row: R = realm.accounts.model(ids.new(), email=email, created_at=now, updated_at=now, **columns)
    return row


def _sign_up_columns(request: SignUp, password_hash: str) -> dict[str, Any]:
    """Return the columns that a sign-up sets. Without verification the account ends after 7 days."""
    return {
        **request.columns,
        "password_hash": password_hash,
        "display_name": request.display_name,
        "closing_on": (clock.now() + CLOSING).date().isoformat(),
    }
