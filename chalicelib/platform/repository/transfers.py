"""Rows of the transfers, with the lease of the worker that runs one.

A worker writes only while `lease_holder` is its own. `unfinished` is set until the transfer ends. A transfer that waits
has no holder, and is due when its lease ends. A canceled import keeps its lease: its worker, or the next one, saves what
the import has stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, ids
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import column_actions, update_if
from chalicelib.platform.domain.transfers import LEASE
from chalicelib.platform.enums import TransferKind, TransferStatus
from chalicelib.platform.errors import TransferNotFound
from chalicelib.platform.models import Transfer

_RECENT = 100
"""The number of a store's latest transfers that are searched for a running import."""


class TransferLeaseLost(Exception):
    """Another worker has the transfer, or it was canceled."""


def add(row: Transfer) -> None:
    """Store a new transfer."""
    row.save()


def get(store_id: str, transfer_id: str) -> Transfer:
    """Return a transfer of the store, read consistently. Raises TransferNotFound, also if it has expired."""
    try:
        row = Transfer.get(store_id, transfer_id, consistent_read=True)
    except Transfer.DoesNotExist:
        raise TransferNotFound from None
    if row.expires_epoch <= clock.now():
        raise TransferNotFound
    return row


def list_by_store(store_id: str, page: PageRequest) -> PageResult[Transfer]:
    """Return a page of the store's transfers, newest first."""
    result = query_page(
        Transfer.query(store_id, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start)
    )
    return PageResult([row for row in result.items if row.expires_epoch > clock.now()], result.last_key)


def has_running_import(store_id: str) -> bool:
    """Return whether a worker holds an import of the store; read consistently, the store's latest 100 transfers."""
    rows = Transfer.query(store_id, scan_index_forward=False, limit=_RECENT, consistent_read=True)
    now = clock.now()
    return any(
        row.kind is TransferKind.IMPORT and row.lease_holder is not None and row.lease_until > now for row in rows
    )


def count_unfinished(store_id: str, limit: int) -> int:
    """Return the number of the store's unfinished transfers, at most `limit`. Read from an index, a moment late."""
    return len(list(Transfer.by_store.query(store_id, limit=limit)))


def mark_pending(row: Transfer, cursor: Mapping[str, Any]) -> bool:
    """Make an uploaded import due, unless it has begun. Returns whether it was made due."""
    now = clock.now()
    actions: list[Action] = [
        Transfer.status.set(TransferStatus.PENDING),
        Transfer.cursor.set(dict(cursor)),
        Transfer.unfinished.set(Transfer.RUNNING),
        Transfer.lease_until.set(now + LEASE),
        Transfer.updated_at.set(now),
    ]
    return update_if(row, actions, Transfer.status == TransferStatus.AWAITING_UPLOAD)


def mark_cancelled(row: Transfer) -> bool:
    """End a transfer that has not ended. Returns whether it had not ended.

    The worker of an export loses its lease; an import is unfinished until a worker has saved what it stored.
    """
    actions = _closing(TransferStatus.CANCELLED)
    if row.kind is TransferKind.EXPORT:
        actions += _release()
    return update_if(row, actions, Transfer.completed_at.does_not_exist())


def acquire_lease(store_id: str, transfer_id: str) -> Transfer | None:
    """Lease an unfinished transfer and count the attempt; what it waited for is over.

    A canceled import stays canceled. Returns None if it has ended or another worker has it.
    """
    now, row = clock.now(), Transfer(store_id, transfer_id)
    actions: list[Action] = [
        Transfer.lease_holder.set(ids.new()),
        Transfer.lease_until.set(now + LEASE),
        Transfer.attempts.add(1),
        Transfer.error_message.remove(),
        Transfer.updated_at.set(now),
    ]
    is_free = Transfer.lease_holder.does_not_exist() | (Transfer.lease_until < now)
    is_due = (Transfer.unfinished == Transfer.RUNNING) & is_free
    runs = [Transfer.status.set(TransferStatus.RUNNING), *actions]
    if update_if(row, runs, is_due & Transfer.completed_at.does_not_exist()):
        return row
    return row if update_if(row, actions, is_due & Transfer.completed_at.exists()) else None


def find_cancelled(row: Transfer) -> Transfer | None:
    """Return a leased import if it was canceled under this lease, read consistently."""
    try:
        found = Transfer.get(row.store_id, row.id, consistent_read=True)
    except Transfer.DoesNotExist:
        return None
    return found if found.completed_at is not None and found.lease_holder == row.lease_holder else None


def requeue(store_id: str, transfer_id: str) -> bool:
    """Take a transfer from a worker whose lease ended. Returns whether it is to be queued again.

    It is due once more if no worker leases it within the time of a lease: a message in the queue is not doubled.
    """
    now = clock.now()
    actions: list[Action] = [Transfer.lease_holder.remove(), Transfer.lease_until.set(now + LEASE)]
    is_due = (Transfer.unfinished == Transfer.RUNNING) & (Transfer.lease_until < now)
    return update_if(Transfer(store_id, transfer_id), actions, is_due)


def save_progress(row: Transfer, columns: Mapping[str, Any]) -> None:
    """Store columns of a leased transfer that has made progress, and renew the lease. Raises TransferLeaseLost."""
    now = clock.now()
    actions = [
        *column_actions(Transfer, columns),
        Transfer.lease_until.set(now + LEASE),
        Transfer.attempts.set(0),
        Transfer.updated_at.set(now),
    ]
    _update_own(row, actions)


def release_lease(row: Transfer, delay: timedelta, message: str | None = None, *, has_failed: bool = False) -> None:
    """Release a transfer, which is due after `delay`.

    `message` tells why it waits. The attempt counts only if it `has_failed`. Raises TransferLeaseLost.
    """
    waiting: dict[str, Any] = {}
    if message is not None and row.completed_at is None:
        waiting = {"error_message": message, "status": TransferStatus.PENDING}
    actions = [
        *column_actions(Transfer, waiting),
        Transfer.lease_holder.remove(),
        Transfer.lease_until.set(clock.now() + delay),
    ]
    if not has_failed:
        actions.append(Transfer.attempts.set(0))
    _update_own(row, actions)


def finish(row: Transfer, status: TransferStatus, columns: Mapping[str, Any]) -> None:
    """End a leased transfer; a canceled one stays canceled. Raises TransferLeaseLost."""
    if row.completed_at is not None:
        _update_own(row, [*_closing(TransferStatus.CANCELLED), *_release()])
        return
    _update_own(row, [*column_actions(Transfer, columns), *_closing(status), *_release()])


def iterate_lapsed(before: datetime) -> Iterator[tuple[str, str]]:
    """Yield store and id of the unfinished transfers whose lease ended before a time; keys only."""
    for key in Transfer.by_lease.query(Transfer.RUNNING, Transfer.lease_until < before):
        yield key.store_id, key.id


def _closing(status: TransferStatus) -> list[Action]:
    now = clock.now()
    return [
        Transfer.status.set(status),
        Transfer.completed_at.set(Transfer.completed_at | now),
        Transfer.updated_at.set(now),
    ]


def _release() -> list[Action]:
    return [Transfer.lease_holder.remove(), Transfer.lease_until.remove(), Transfer.unfinished.remove()]


def _update_own(row: Transfer, actions: list[Action]) -> None:
    is_own = Transfer.lease_holder == row.lease_holder
    if row.completed_at is None:
        is_own &= Transfer.completed_at.does_not_exist()
    if not update_if(row, actions, is_own):
        raise TransferLeaseLost
