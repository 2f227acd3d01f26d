"""Sign-up and verification. Their responses do not reveal whether an address has an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.kit import attempts, bound_tokens, clock, ids
from chalicelib.kit.attempts import Limit
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.account_mails import MailPurpose, link_state
from chalicelib.together.domain.account_state import CLOSING
from chalicelib.together.errors import InvalidCredentials, InvalidLink
from chalicelib.together.models import User
from chalicelib.together.repository import account_rows, users
from chalicelib.together.schemas.accounts import AccountCreate
from chalicelib.together.service import account_mail_orders, customers, measurement, password_guesses
from chalicelib.together.service.spaces import stage_space

_REQUESTS = Limit("account-requests", 60, timedelta(hours=1))
"""Sign-ups and resets of a caller's address."""


def limit_requests(source_ip: str) -> None:
    """Count a sign-up or reset of the caller's address. Raises TooManyRequests after 60 in an hour."""
    attempts.count([attempts.counter(_REQUESTS, attempts.network_of(source_ip))])


def sign_up(request: AccountCreate, source_ip: str) -> None:
    """Create an account that its mail verifies, or mail the owner of the address: with one hash and one mail either way.

    A second sign-up before the verification replaces the first one. Raises InvalidPassword, TooManyRequests.
    """
    limit_requests(source_ip)
    password_hash = password_guesses.hash_new_password(
        request.password, "body.password", request.email, request.display_name
    )

    def decide(unit: UnitOfWork) -> tuple[str, MailPurpose]:
        owner_id, _ = account_rows.find_email_owner(request.email)
        owner = users.find_user(owner_id) if owner_id else None
        if owner_id and owner is None:
            raise WriteConflict  # another caller releases the address
        if owner is None:
            user = _new_user(request, password_hash)
            account_rows.stage_new_user(unit.transaction, user)
            return user.id, MailPurpose.VERIFY
        if owner.email_verified:
            return owner.id, MailPurpose.ACCOUNT_EXISTS if owner.email == request.email else MailPurpose.ADDRESS_HELD
        account_rows.stage_user_change(unit.transaction, owner, _sign_up_columns(request, password_hash))
        return owner.id, MailPurpose.VERIFY

    user_id, purpose = run_unit_of_work(decide)
    account_mail_orders.request_mail(user_id, purpose, request.email)


def verify_account(token: str, password: str, source_ip: str) -> None:
    """Verify an account by the link of its mail and its password, and give it a space.

    The password is needed because a stranger may have signed up with the address. Raises InvalidLink, TooManyRequests,
    InvalidCredentials.
    """
    user = find_by_link(MailPurpose.VERIFY, token)
    counters = password_guesses.stranger_counters(user.email, source_ip)
    counted = password_guesses.check_password(user.password_hash, password, counters)
    customers.register_member(user)
    checked = user.password_hash

    def decide(unit: UnitOfWork) -> User:
        row = find_by_link(MailPurpose.VERIFY, token)
        if row.password_hash != checked:
            raise InvalidCredentials
        space_id = stage_space(unit.transaction, row)
        changes = {"email_verified": True, "closing_on": None, "relationship_id": space_id, "partner_id": None}
        account_rows.stage_user_change(unit.transaction, row, changes)
        return row

    member = run_unit_of_work(decide)
    attempts.take_back(counted)
    measurement.track_event(member, "sign_up", clock.now(), event_id=member.id)


def find_by_link(purpose: MailPurpose, token: str) -> User:
    """Return the account that a link may change in its present state. Raises InvalidLink, which names `body.token`."""
    link = bound_tokens.read(f"account/{purpose}", token)
    user = users.find_user(link.subject) if link else None
    if link is None or user is None or not link.permits(*link_state(purpose, user)):
        raise InvalidLink(errors=[{"path": "body.token", "message": InvalidLink.title}])
    return user


def _new_user(request: AccountCreate, password_hash: str) -> User:
    now = clock.now()
    columns = _sign_up_columns(request, password_hash)
    return User(ids.new(), email=request.email, created_at=now, updated_at=now, **columns)


def _sign_up_columns(request: AccountCreate, password_hash: str) -> dict[str, Any]:
    """Return the columns that a sign-up sets. Without verification the account ends after 7 days."""
    now = clock.now()
    return {
        "password_hash": password_hash,
        "display_name": request.display_name,
        "timezone": request.timezone,
        "terms_accepted_at": now,
        "closing_on": (now + CLOSING).date().isoformat(),
    }
