"""Uploads of files: reserve bytes and add a row, upload by a presigned request, verify the object. Uses SQL.

Bytes count from their reservation. A crash leaves a pending row, or reserved bytes without a row. The nightly census
removes such rows and corrects the counter.
"""

from __future__ import annotations

from typing import Any

from chalicelib.integrations.object_storage import objects
from chalicelib.integrations.object_storage.buckets import Bucket
from chalicelib.integrations.object_storage.objects import ObjectFacts
from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.kit import clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.platform.database_errors import InvalidUpload, StorageNotConnected, UploadIncomplete
from chalicelib.platform.domain import media_files as rules
from chalicelib.platform.domain.media_files import LINK_LIFETIME, PENDING, READY
from chalicelib.platform.domain.store_rows import Row, changed_row, new_row
from chalicelib.platform.errors import RowNotFound
from chalicelib.platform.models import Store
from chalicelib.platform.repository import storages, store_rows
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.uploads import FileLinkRead, FileRead, UploadCreate, UploadRead, UploadRequestRead
from chalicelib.platform.service.media.buckets import bucket_problems
from chalicelib.platform.service.media.file_deletions import remove_pending_file
from chalicelib.platform.service.plan_limits import give_back_bytes, reserve_bytes
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_calls import problem_of, retry_deadlocks, run_transaction
from chalicelib.platform.service.store_changes import new_row_id
from chalicelib.platform.service.store_rows import require_key, table_schema

TABLE = "media_library"
_SECONDS = int(LINK_LIFETIME.total_seconds())


def create_upload(caller: StoreCaller, body: UploadCreate, key: Idempotency | None) -> UploadRead:
    """Reserve a file's bytes, add its row and return the request that uploads it.

    Raises StorageNotConnected, PlanLimitReached, Unavailable, and the problems of `bucket_problems`.
    """
    if caller.store.storage_type is None:
        raise StorageNotConnected
    reserve_bytes(caller.store, body.byte_size)
    try:
        bucket = storages.load_bucket(caller.store)  # after the reservation: a store with files keeps its bucket
        row, is_new = _add_row(caller.store, _new_row(caller.store, body, key))
    except BaseException:
        give_back_bytes(caller.store.id, body.byte_size)
        raise
    if is_new:
        caller.usage.count_rows(TABLE, "created", 1)
    else:
        give_back_bytes(caller.store.id, body.byte_size)
    return _upload_of(bucket, row)


def complete_upload(caller: StoreCaller, file_id: str) -> FileRead:
    """Verify the uploaded file and make its row ready.

    A file that differs from its declaration is deleted with its row. Raises RowNotFound, UploadIncomplete,
    InvalidUpload, Unavailable, and the problems of `bucket_problems`.
    """
    row = _find_row(caller.store, file_id)
    if row["status"] == READY:
        return FileRead.model_validate(row)
    bucket = storages.load_bucket(caller.store)
    with bucket_problems():
        facts = objects.find_object(bucket, row["storage_key"])
    if facts is None:
        raise UploadIncomplete
    errors = list(rules.mismatches(row, facts.byte_size, facts.content_type))
    if errors:
        remove_pending_file(caller.store, row)
        named = [{"path": f"body.{name}", "message": message} for name, message in errors]
        raise InvalidUpload(f"{errors[0][0]} {errors[0][1]}", errors=named)
    ready, is_changed = run_transaction(caller.store, lambda transaction: _make_ready(transaction, file_id))
    if is_changed:
        caller.usage.count_rows(TABLE, "updated", 1)
        caller.usage.bytes += row["byte_size"]
    return FileRead.model_validate(ready)


def get_file_link(caller: StoreCaller, file_id: str) -> FileLinkRead:
    """Return a file with a link to it. Raises RowNotFound, UploadIncomplete, StorageNotConnected, Unavailable."""
    row = _find_row(caller.store, file_id)
    if row["status"] != READY:
        raise UploadIncomplete
    bucket, now = storages.load_bucket(caller.store), clock.now()
    url = objects.presigned_get(bucket, row["storage_key"], _SECONDS)
    return FileLinkRead.model_validate(row | {"url": url, "expires_at": now + LINK_LIFETIME})


def _new_row(store: Store, body: UploadCreate, key: Idempotency | None) -> Row:
    file_id = new_row_id(key, 0)
    values: dict[str, Any] = body.model_dump()
    values |= {"storage_key": rules.storage_key_of(store.id, file_id), "status": PENDING}
    return new_row(table_schema(TABLE), values, file_id, clock.now())


def _add_row(store: Store, row: Row) -> tuple[Row, bool]:
    """Insert the row, or find that of an earlier request with the same Idempotency-Key.

    Returns it, and whether it is new.
    """
    schema = table_schema(TABLE)
    try:
        retry_deadlocks(store, lambda transaction: store_rows.insert_rows(transaction, schema, [row]))
    except StatementFailed as failure:
        if failure.reason is not FailureReason.UNIQUE:
            raise problem_of(failure) from None
        return _find_row(store, row["id"]), False
    return row, True


def _upload_of(bucket: Bucket, row: Row) -> UploadRead:
    """Return the request that uploads the file of a row."""
    now = clock.now()
    facts = ObjectFacts(row["byte_size"], row["content_type"])
    url = objects.presigned_put(bucket, row["storage_key"], facts, _SECONDS)
    headers = {"Content-Type": facts.content_type, "Content-Length": str(facts.byte_size)}
    return UploadRead(
        id=row["id"],
        storage_key=row["storage_key"],
        upload=UploadRequestRead(url=url, headers=headers),
        expires_at=now + LINK_LIFETIME,
    )


def _find_row(store: Store, file_id: str) -> Row:
    """Return the row of a file. Raises RowNotFound, also for a row whose object Backroom did not name."""
    schema = table_schema(TABLE)
    key = require_key(schema, file_id)
    row = run_transaction(
        store, lambda transaction: store_rows.find_row(transaction, schema, key, tuple(schema.columns))
    )
    if row is None or not rules.has_own_object(store.id, row):
        raise RowNotFound
    return row


def _make_ready(transaction: StoreTransaction, file_id: str) -> tuple[Row, bool]:
    """Make the row ready. Returns the row, and whether it changed. Raises RowNotFound."""
    schema = table_schema(TABLE)
    stored = store_rows.lock_row(transaction, schema, {"id": file_id})
    if stored is None:
        raise RowNotFound
    row = changed_row(stored, {"status": READY}, clock.now())
    if row == stored:
        return row, False
    store_rows.update_rows(transaction, schema, [row])
    return row, True
