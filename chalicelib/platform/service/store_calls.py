"""The work of a call of the data API: one transaction in the store's database, retried after a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chalicelib.kit import retries
from chalicelib.kit.errors import Unavailable
from chalicelib.platform.domain.store_violations import CheckViolation, Deadlock, ReferenceViolation, UniqueViolation
from chalicelib.platform.errors import InvalidRow, ReferencedRowMissing, RowAlreadyExists
from chalicelib.platform.models import Store
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.service import store_connections

R = TypeVar("R")

_ATTEMPTS = 4
"""The first and three retries after deadlocks."""


def run_transaction(store: Store, work: Callable[[StoreTransaction], R]) -> R:
    """Run `work` in a transaction of the store's database and return its result.

    `work` runs again, in a new transaction, after a deadlock: what it does elsewhere must be repeatable. Raises
    RowAlreadyExists, ReferencedRowMissing, InvalidRow for refused statements, Unavailable after several deadlocks.
    """
    try:
        return retry_deadlocks(store, work)
    except UniqueViolation:
        raise RowAlreadyExists from None
    except ReferenceViolation:
        raise ReferencedRowMissing from None
    except CheckViolation:
        raise InvalidRow("A value is not allowed together with the row's other values.") from None


def retry_deadlocks(store: Store, work: Callable[[StoreTransaction], R]) -> R:
    """Run `work` as `run_transaction` does, but raise the refusals of `domain/store_violations` themselves."""
    for _ in retries.attempts(_ATTEMPTS):
        try:
            with store_connections.transaction(store) as transaction:
                return work(transaction)
        except Deadlock:
            continue
    raise Unavailable("Too many concurrent changes of the same rows; try again.")
