"""Rows of the members' accounts: their addresses, their changes, and those that end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from chalicelib.kit.accounts import rows
from chalicelib.kit.accounts.rows import AccountTable
from chalicelib.kit.tables import Transaction
from chalicelib.together.models import User

MEMBERS = AccountTable("together", User)


def email_key(email: str) -> str:
    """Return the key of the unique value of an address."""
    return rows.email_key(MEMBERS, email)


def find_email_owner(email: str) -> tuple[str | None, list[Any]]:
    """Return the id of the account that has the address, and an empty list."""
    return rows.find_email_owner(MEMBERS, email)


def stage_user_change(transaction: Transaction, user: User, changes: Mapping[str, Any]) -> None:
    """Stage changes of columns (None removes a value) and the next version; WriteConflict if the row has changed."""
    rows.stage_account_change(MEMBERS, transaction, user, changes)


def remove_unverified_user(user: User) -> bool:
    """Delete an account that was not verified, and release its address; return False if it has changed."""
    return rows.remove_unverified_account(MEMBERS, user)


def mark_expired(user: User) -> bool:
    """Remove the password of a closed account, so that nobody can sign in; return False if it was opened in time."""
    return rows.mark_expired(MEMBERS, user)


def iterate_closing(day: date) -> Iterator[User]:
    """Iterate over the accounts that end on the date."""
    return rows.iterate_closing(MEMBERS, day)
