"""The work of a call of the data API: one transaction in the store's database, retried after a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.integrations.sql.servers import CALL_LIMITS, Limits
from chalicelib.kit import logs, retries
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.platform.errors import InvalidRow, ReferencedRowMissing, RowAlreadyExists
from chalicelib.platform.models import Store
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.service import store_connections

R = TypeVar("R")

_ATTEMPTS = 4
"""The first and three retries after deadlocks."""
_WAITS = {
    FailureReason.DEADLOCK: "Too many concurrent changes of the same rows; try again.",
    FailureReason.LOCK_TIMEOUT: "Another call changes these rows; try again.",
    FailureReason.STATEMENT_TIMEOUT: "The store's database took too long; try again, or narrow the filters.",
    FailureReason.DISCONNECTED: "The connection to the store's database was lost; try again.",
    FailureReason.PRIVILEGE: "The store's database refuses access to a table.",
    FailureReason.FULL: "The store's database is full or read-only.",
    FailureReason.MISSING: "The store's database lacks a table or column.",
}

log = logs.logger("platform")


def run_transaction(store: Store, work: Callable[[StoreTransaction], R]) -> R:
    """Run `work` in a transaction of the store's database and return its result.

    `work` runs again, in a new transaction, after a deadlock: what it does elsewhere must be repeatable. Raises
    RowAlreadyExists, ReferencedRowMissing, InvalidRow for a refused statement; Unavailable after several deadlocks, a
    timeout or a lost connection.
    """
    try:
        return retry_deadlocks(store, work)
    except StatementFailed as failure:
        raise problem_of(failure) from None


def retry_deadlocks(store: Store, work: Callable[[StoreTransaction], R], limits: Limits = CALL_LIMITS) -> R:
    """Run `work` as `run_transaction` does. Raises StatementFailed, also for the last deadlock."""
    failure: StatementFailed | None = None
    for _ in retries.attempts(_ATTEMPTS):
        try:
            with store_connections.transaction(store, limits) as transaction:
                return work(transaction)
        except StatementFailed as error:
            if error.reason is not FailureReason.DEADLOCK:
                raise
            failure = error
    raise failure or StatementFailed(FailureReason.DEADLOCK)


def problem_of(failure: StatementFailed) -> Problem:
    """Return what a caller gets for a failed statement. Raises the failure if it is our mistake."""
    if failure.reason is FailureReason.UNIQUE:
        return RowAlreadyExists()
    if failure.reason is FailureReason.REFERENCE:
        return ReferencedRowMissing()
    if failure.reason in (FailureReason.CHECK, FailureReason.VALUE):
        return InvalidRow("A value is not allowed together with the row's other values.")
    if failure.reason not in _WAITS:
        raise failure
    log.warning("statement failed", extra={"reason": failure.reason.value, "code": failure.code})
    return Unavailable(_WAITS[failure.reason])
