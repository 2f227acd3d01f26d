"""Deletions of files: the row is deleted, then its object, then the transaction commits. Uses SQL.

If the object cannot be deleted, the row stays. A crash before the commit leaves a row without an object; a retry
deletes it.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.integrations.object_storage import objects
from chalicelib.kit import clock, logs
from chalicelib.kit.errors import Problem
from chalicelib.platform.database_errors import BucketMissing
from chalicelib.platform.domain import media_files as rules
from chalicelib.platform.domain.store_rows import Row
from chalicelib.platform.models import Store
from chalicelib.platform.repository import storages, store_media
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.service.media.buckets import bucket_problems
from chalicelib.platform.service.plan_limits import give_back_bytes
from chalicelib.platform.service.store_calls import run_transaction

MOST_ABANDONED = 100
"""The maximum number of uploads that a run removes."""

log = logs.logger("platform")


def object_deletion(store: Store) -> Callable[[Row], None]:
    """Return a function that deletes the object of a row in the store's bucket. The bucket is read once.

    It keeps objects that Backroom did not name, and does nothing if the store has no storage or the bucket is gone. It
    raises Unavailable, and the problems of `bucket_problems`.
    """
    bucket = storages.load_bucket(store) if store.storage_type is not None else None

    def delete(row: Row) -> None:
        if bucket is None or not rules.has_own_object(store.id, row):
            return
        try:
            with bucket_problems():
                objects.delete_object(bucket, row["storage_key"])
        except BucketMissing:
            log.info("object not deleted: its bucket is gone", extra={"store": store.id})

    return delete


def remove_pending_file(store: Store, row: Row) -> None:
    """Delete the row and object of a pending file and give its bytes back. Do nothing if it is ready now, or gone.

    Raises Unavailable, and the problems of `bucket_problems`.
    """
    _remove_pending(store, row, object_deletion(store))


def _remove_pending(store: Store, row: Row, delete_object: Callable[[Row], None]) -> None:
    def work(transaction: StoreTransaction) -> bool:
        is_deleted = store_media.delete_pending(transaction, row["id"])
        if is_deleted:
            delete_object(row)
        return is_deleted

    if run_transaction(store, work):
        give_back_bytes(store.id, row["byte_size"])


def remove_abandoned_uploads(store: Store) -> bool:
    """Remove uploads that were not completed in time. Returns whether there may be more.

    Stops at the first object that the bucket does not delete; the next census retries. Raises Unavailable if the
    store's database cannot be reached.
    """
    before = clock.now() - rules.ABANDONED_AFTER
    rows = run_transaction(
        store, lambda transaction: store_media.list_abandoned(transaction, store.id, before, MOST_ABANDONED)
    )
    if not rows:
        return False
    try:
        delete_object = object_deletion(store)
        for row in rows:
            _remove_pending(store, row, delete_object)
    except Problem as problem:
        log.warning("abandoned uploads kept", extra={"store": store.id, "error": problem.code})
        return False
    return len(rows) == MOST_ABANDONED
