"""Rows of accounts: their addresses, their changes, and those that end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pynamodb.expressions.condition import Condition

from chalicelib.kit import clock, tables, unique_values
from chalicelib.kit.accounts.state import AccountRow
from chalicelib.kit.errors import Unauthenticated, WriteConflict
from chalicelib.kit.models import Session, UniqueValue
from chalicelib.kit.tables import Table, Transaction

R = TypeVar("R", bound=AccountRow)


@dataclass(frozen=True, slots=True)
class AccountTable(Generic[R]):
    """The accounts of a context: the table `users`, keyed by `id`, with the columns of AccountRow.

    Its index `by_closing_on` holds the accounts that end on a date. `closable` is a condition of the write that closes an
    account.
    """

    context: str
    row_type: type[R]
    closable: Condition | None = None

    @property
    def model(self) -> Any:
        """The table, with its attributes for conditions."""
        return self.row_type


def find_account(accounts: AccountTable[R], account_id: str) -> R | None:
    """Return the row of an account, read consistently; None if there is none."""
    try:
        row: R = accounts.model.get(account_id, consistent_read=True)
    except accounts.model.DoesNotExist:
        return None
    return row


def get_signed_in(
    accounts: AccountTable[R], subject: str, session_id: str | None, account_id: str
) -> tuple[R, Session | None]:
    """Return the row of an account and its session, with one read.

    `session_id` is None for a token without a session. Raises Unauthenticated if the row or the session is missing.
    """
    keys: list[tuple[type[Table], tuple[str, ...]]] = [(accounts.model, (account_id,))]
    if session_id is not None:
        keys.append((Session, (subject, session_id)))
    row, *sessions = tables.get_many(keys, consistent=True)
    session = sessions[0] if sessions else None
    if not isinstance(row, accounts.model) or (session_id is not None and not isinstance(session, Session)):
        raise Unauthenticated("The session has ended; sign in again.")
    return row, session if isinstance(session, Session) else None


def email_key(accounts: AccountTable[R], email: str) -> str:
    """Return the key of the unique value of an address."""
    return unique_values.value_key(accounts.context, "users", "email", email)


def find_email_owner(
    accounts: AccountTable[R], email: str, others: Sequence[tuple[type[Table], tuple[str, ...]]] = ()
) -> tuple[str | None, list[Table | None]]:
    """Return the id of the account that has the address, and the rows of `others`, with one read."""
    keys: list[tuple[type[Table], tuple[str, ...]]] = [(UniqueValue, (email_key(accounts, email),)), *others]
    claim, *rows = tables.get_many(keys, consistent=True)
    if not isinstance(claim, UniqueValue) or (claim.expires_epoch is not None and claim.expires_epoch <= clock.now()):
        return None, list(rows)
    return claim.owner, list(rows)


def find_by_email(accounts: AccountTable[R], email: str) -> R | None:
    """Return the account that has or reserves an address, read consistently; None if there is none."""
    owner_id, _ = find_email_owner(accounts, email)
    return find_account(accounts, owner_id) if owner_id else None


def stage_new_account(accounts: AccountTable[R], transaction: Transaction, row: R) -> None:
    """Stage a new account and its address; WriteConflict if another account has the address."""
    model: Any = row
    transaction.add(model)
    unique_values.claim(transaction, email_key(accounts, row.email), row.id, WriteConflict())


def stage_account_change(
    accounts: AccountTable[R],
    transaction: Transaction,
    row: R,
    changes: Mapping[str, Any],
    *,
    any_version: bool = False,
) -> None:
    """Stage changes of columns (None removes a value) and the next version.

    WriteConflict if the row has another version than `row`; with `any_version`, only if it has another password.
    """
    model = accounts.model
    unchanged: Condition = model.password_hash == row.password_hash
    if not any_version:
        unchanged &= model.version == row.version
    transaction.update(model(row.id), _versioned_actions(model, changes), unchanged, otherwise=WriteConflict())


def stage_closing(accounts: AccountTable[R], transaction: Transaction, row: R, changes: Mapping[str, Any]) -> None:
    """Stage the columns of a closed account; WriteConflict if the row has changed or the account cannot be closed."""
    model = accounts.model
    unchanged: Condition = (model.password_hash == row.password_hash) & (model.version == row.version)
    if accounts.closable is not None:
        unchanged &= accounts.closable
    transaction.update(model(row.id), _versioned_actions(model, changes), unchanged, otherwise=WriteConflict())


def mark_active(accounts: AccountTable[R], row: R, changes: Mapping[str, Any]) -> None:
    """Write columns of an account without a new version; None removes a value."""
    model = accounts.model
    tables.update_if(model(row.id), tables.column_actions(model, changes), model.version == row.version)


def stage_email_claim(
    accounts: AccountTable[R], transaction: Transaction, email: str, account_id: str, until: datetime | None = None
) -> None:
    """Stage the claim of an address, for a time if `until` is given; WriteConflict if another account has it."""
    unique_values.claim(transaction, email_key(accounts, email), account_id, WriteConflict(), until)


def stage_email_release(accounts: AccountTable[R], transaction: Transaction, email: str, account_id: str) -> None:
    """Stage the release of an address that the account has."""
    unique_values.release(transaction, email_key(accounts, email), account_id)


def remove_unverified_account(accounts: AccountTable[R], row: R) -> bool:
    """Delete an account that was not verified, and release its address; return False if it has changed."""
    model = accounts.model
    is_unchanged = (model.email_verified == False) & (model.version == row.version)  # noqa: E712 - a condition
    try:
        with Transaction() as transaction:
            transaction.delete(model(row.id), is_unchanged, otherwise=WriteConflict())
            unique_values.release(transaction, email_key(accounts, row.email), row.id)
    except WriteConflict:
        return False
    return True


def mark_expired(accounts: AccountTable[R], row: R) -> bool:
    """Remove the password of a closed account, so that nobody can sign in; return False if a sign-in has reopened it.

    A repeated call returns True.
    """
    model = accounts.model
    is_closed = (model.closing_on == row.closing_on) & (model.is_active == False)  # noqa: E712 - a condition
    return tables.update_if(model(row.id), [model.password_hash.remove()], is_closed)


def iterate_closing(accounts: AccountTable[R], day: date) -> Iterator[R]:
    """Iterate over the accounts that end on the date, each read again: the index has only keys and may be stale."""
    for entry in accounts.model.by_closing_on.query(day.isoformat()):
        row = find_account(accounts, entry.id)
        if row is not None and row.closing_on == day.isoformat():
            yield row


def _versioned_actions(model: Any, changes: Mapping[str, Any]) -> list[Any]:
    return [model.version.add(1), model.updated_at.set(clock.now()), *tables.column_actions(model, changes)]
