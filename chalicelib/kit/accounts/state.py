"""What each state of an account permits, and the columns that a change of state writes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

CLOSING = timedelta(days=7)
"""From the deletion of an account to its erasure; signing in cancels. Also the time to verify a new one."""
UNDO = timedelta(hours=72)
"""How long the former address can undo a change of the e-mail."""
CONFIRM = timedelta(hours=24)
"""How long a new address can be confirmed."""


class AccountRow(Protocol):
    """The columns of an account that every realm's table has."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def password_hash(self) -> str | None: ...
    @property
    def display_name(self) -> str | None: ...
    @property
    def email_verified(self) -> bool: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def closing_at(self) -> datetime | None: ...
    @property
    def closing_on(self) -> str | None: ...
    @property
    def pending_email(self) -> str | None: ...
    @property
    def pending_email_until(self) -> datetime | None: ...
    @property
    def former_email(self) -> str | None: ...
    @property
    def former_email_until(self) -> datetime | None: ...
    @property
    def version(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...


def is_closing(account: AccountRow) -> bool:
    """Return whether the account was deleted and can still be kept."""
    return not account.is_active and account.closing_at is not None and account.password_hash is not None


def can_sign_in(account: AccountRow, email: str) -> bool:
    """Return whether the account can be signed in to with this address: not with a former one."""
    if account.email != email or not account.email_verified or account.password_hash is None:
        return False
    return account.is_active or is_closing(account)


def signed_in_changes(account: AccountRow, now: datetime) -> dict[str, object]:
    """Return the columns that a sign-in writes: it keeps a closing account, and drops an address that expired."""
    changes: dict[str, object] = {}
    if is_closing(account):
        changes |= {"is_active": True, "closing_at": None, "closing_on": None}
    return changes | expired_addresses(account, now)


def expired_addresses(account: AccountRow, now: datetime) -> dict[str, object]:
    """Return the columns of a pending or former address that has expired, each with None."""
    changes: dict[str, object] = {}
    if account.pending_email_until is not None and account.pending_email_until <= now:
        changes |= {"pending_email": None, "pending_email_until": None}
    if account.former_email_until is not None and account.former_email_until <= now:
        changes |= {"former_email": None, "former_email_until": None}
    return changes


def is_email_changing(account: AccountRow, now: datetime) -> bool:
    """Return whether a change of the e-mail can still be confirmed or undone."""
    ends = (account.pending_email_until, account.former_email_until)
    return any(until is not None and until > now for until in ends)


def closing_columns(now: datetime) -> dict[str, object]:
    """Return the columns of an account that is closed now."""
    closing_at = now + CLOSING
    return {"is_active": False, "closing_at": closing_at, "closing_on": closing_at.date().isoformat()}
