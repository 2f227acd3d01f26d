"""Deletion of accounts: closed immediately, erased after 7 days unless the owner signs in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.kit import clock, logs, sessions
from chalicelib.kit.accounts import rows, state
from chalicelib.kit.accounts.errors import WrongPassword
from chalicelib.kit.accounts.realm import Realm, SignedIn
from chalicelib.kit.accounts.rows import R
from chalicelib.kit.accounts.schemas import AccountDeletionRead
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

LOOK_BACK = timedelta(days=40)
"""How long after its date an account is still found, if the schedule did not run or a step failed."""

log = logs.logger("accounts")


def close_account(realm: Realm[R], account: SignedIn[R]) -> AccountDeletionRead:
    """Close an account whose password was checked, and end all its sessions, in one transaction.

    Raises WrongPassword if the password has changed since, and what the realm's `require_closable` raises.
    """
    checked = account.user.password_hash
    closing: dict[str, Any] = state.closing_columns(clock.now())

    def decide(unit: UnitOfWork) -> None:
        row = rows.find_account(realm.accounts, account.id)
        if row is None or row.password_hash != checked:
            raise WrongPassword
        realm.require_closable(row)
        rows.stage_closing(realm.accounts, unit.transaction, row, closing)
        sessions.stage_end(unit.transaction, sessions.list_sessions(account.subject))

    run_unit_of_work(decide)
    return AccountDeletionRead(closing_at=closing["closing_at"])


def expire_accounts(realm: Realm[R], due: datetime, erase: Callable[[R, datetime], None]) -> int:
    """Remove accounts that were not verified, call `erase` for closed ones, and return how many were due.

    `erase` gets the row and when it was closed. If one account fails, the others continue, and the next run retries
    it. Raises RuntimeError at the end if some failed.
    """
    count = failures = 0
    for day in _days_until(due.date()):
        for row in rows.iterate_closing(realm.accounts, day):
            try:
                count += _expire(realm, row, due, erase)
            except Exception:
                failures += 1
                log.exception("account not expired", extra={"context": realm.accounts.context})
    if failures:
        raise RuntimeError(f"{failures} accounts could not be expired")
    return count


def _days_until(today: date) -> list[date]:
    return [today - timedelta(days=number) for number in range(LOOK_BACK.days, -1, -1)]


def _expire(realm: Realm[R], row: R, now: datetime, erase: Callable[[R, datetime], None]) -> bool:
    """Remove or erase an account if it is due, and return whether it was."""
    if not row.email_verified:
        return row.updated_at + state.CLOSING <= now and rows.remove_unverified_account(realm.accounts, row)
    if row.closing_at is None or row.closing_at > now or not rows.mark_expired(realm.accounts, row):
        return False
    erase(row, row.closing_at - state.CLOSING)
    return True
