"""Rows of the members' accounts: their addresses, their changes, and those that end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kit import clock, tables, unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.models import UniqueValue
from chalicelib.kit.tables import Table, Transaction
from chalicelib.together.models import User
from chalicelib.together.repository.users import find_user


def email_key(email: str) -> str:
    """Return the key of the unique value of an address."""
    return unique_values.value_key("together", "users", "email", email)


def find_email_owner(
    email: str, others: Sequence[tuple[type[Table], tuple[str, ...]]] = ()
) -> tuple[str | None, list[Table | None]]:
    """Return the id of the account that has the address, and the rows of `others`, with one read."""
    keys: list[tuple[type[Table], tuple[str, ...]]] = [(UniqueValue, (email_key(email),)), *others]
    claim, *rows = tables.get_many(keys, consistent=True)
    if not isinstance(claim, UniqueValue) or (claim.expires_epoch is not None and claim.expires_epoch <= clock.now()):
        return None, list(rows)
    return claim.owner, list(rows)


def stage_new_user(transaction: Transaction, user: User) -> None:
    """Stage a new account and its address; WriteConflict if another account has the address."""
    transaction.add(user)
    unique_values.claim(transaction, email_key(user.email), user.id, WriteConflict())


def stage_user_change(
    transaction: Transaction, user: User, changes: Mapping[str, Any], *, any_version: bool = False
) -> None:
    """Stage changes of columns (None removes a value) and the next version.

    WriteConflict if the row has another version than `user`; with `any_version`, only if it has another password.
    """
    actions = [User.version.add(1), User.updated_at.set(clock.now())]
    for column, value in changes.items():
        attribute = getattr(User, column)
        actions.append(attribute.remove() if value is None else attribute.set(value))
    unchanged: Condition = User.password_hash == user.password_hash
    if not any_version:
        unchanged &= User.version == user.version
    transaction.update(User(user.id), actions, unchanged, otherwise=WriteConflict())


def mark_active(user: User, changes: Mapping[str, Any]) -> None:
    """Write columns of an account without a new version; None removes a value."""
    actions = [
        getattr(User, column).remove() if value is None else getattr(User, column).set(value)
        for column, value in changes.items()
    ]
    tables.update_if(User(user.id), actions, User.version == user.version)


def stage_email_claim(transaction: Transaction, email: str, user_id: str, until: datetime | None = None) -> None:
    """Stage the claim of an address, for a time if `until` is given; WriteConflict if another account has it."""
    unique_values.claim(transaction, email_key(email), user_id, WriteConflict(), until)


def stage_email_release(transaction: Transaction, email: str, user_id: str) -> None:
    """Stage the release of an address that the account has."""
    unique_values.release(transaction, email_key(email), user_id)


def remove_unverified_user(user: User) -> bool:
    """Delete an account that was not verified, and release its address; return False if it has changed."""
    is_unchanged = (User.email_verified == False) & (User.version == user.version)  # noqa: E712 - a condition
    try:
        with Transaction() as transaction:
            transaction.delete(User(user.id), is_unchanged, otherwise=WriteConflict())
            unique_values.release(transaction, email_key(user.email), user.id)
    except WriteConflict:
        return False
    return True


def mark_expired(user: User) -> bool:
    """Remove the password of a closed account, so that nobody can sign in; return False if it was opened in time.

    A repeated call returns True.
    """
    is_closed = (User.closing_on == user.closing_on) & (User.is_active == False)  # noqa: E712 - a condition
    return tables.update_if(User(user.id), [User.password_hash.remove()], is_closed)


def iterate_closing(day: date) -> Iterator[User]:
    """Iterate over the accounts that end on the date, each read again: the index has only keys and may be stale."""
    for entry in User.by_closing_on.query(day.isoformat()):
        user = find_user(entry.id)
        if user is not None and user.closing_on == day.isoformat():
            yield user
