"""The run of a leased transfer: its waits and failures, and its store."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock
from chalicelib.platform.domain.transfers import MAX_WAIT, STORE_DELAY
from chalicelib.platform.enums import DatabaseStatus, JobKind, TransferKind
from chalicelib.platform.models import Store, Transfer
from chalicelib.platform.repository import provisioning_jobs, stores
from chalicelib.platform.store_database.cursors import SINCE

_READABLE = frozenset([DatabaseStatus.ACTIVE, DatabaseStatus.MOVING])
_REPLACING = frozenset([JobKind.MOVE, JobKind.RESTORE])
"""Jobs that switch the store to another place."""


class TransferWaits(Exception):
    """The transfer continues after `delay`. `reason` tells the caller why it waits; None if only its turn is over."""

    def __init__(self, delay: timedelta = timedelta(0), reason: str | None = None) -> None:
        super().__init__(reason)
        self.delay = delay
        self.reason = reason


class TransferFailed(Exception):
    """The transfer ends. The message is for its caller."""


def usable_store(row: Transfer) -> Store:
    """Return the store, read consistently, if the transfer may work on its tables now.

    Raises StoreNotFound, TransferWaits, TransferFailed if it has waited for a day.
    """
    store = stores.get_store(row.store_id)
    reason = _reason_to_wait(row, store)
    if reason is None:
        return store
    if clock.now() > row.created_at + MAX_WAIT:
        raise TransferFailed(f"{reason} It took too long.")
    raise TransferWaits(STORE_DELAY, reason)


def _reason_to_wait(row: Transfer, store: Store) -> str | None:
    if not store.is_active or store.database_status not in _READABLE:
        return "The store is suspended or has no database."
    if row.kind is TransferKind.EXPORT:
        return None
    if store.database_status is DatabaseStatus.MOVING or _is_replaced(store):
        return "The store's database is being moved."
    if store.schema_revision is None or store.schema_revision < SINCE:
        return "The store's tables are being updated."
    return None


def _is_replaced(store: Store) -> bool:
    """Return whether a job copies the store's tables to another place."""
    job = provisioning_jobs.find(store.active_job) if store.active_job else None
    return job is not None and job.kind in _REPLACING
