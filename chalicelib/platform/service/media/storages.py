"""Tests of a bucket before a store uses it, and changes of a store's bucket."""

from __future__ import annotations

from chalicelib.integrations.object_storage import objects
from chalicelib.integrations.object_storage.buckets import Bucket, Vendor
from chalicelib.kit import clock, ids
from chalicelib.kit.auth import Account
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.database_errors import StorageInUse, StorageNotConnected, StorageRefused
from chalicelib.platform.domain.audit import CHANGED, Change
from chalicelib.platform.domain.media_files import prefix_of
from chalicelib.platform.enums import StorageStatus
from chalicelib.platform.models import Store
from chalicelib.platform.repository import storages
from chalicelib.platform.schemas.storages import (
    AwsBucket,
    Storage,
    StorageRead,
    StorageTestRead,
    SupabaseBucket,
)
from chalicelib.platform.service import audit
from chalicelib.platform.service.connection_counts import count_connection
from chalicelib.platform.service.media.buckets import bucket_problems
from chalicelib.platform.service.store_access import get_accessible_store

_CONTENT_TYPE = "application/octet-stream"


def test_storage(account: Account, store_id: str, storage: Storage) -> StorageTestRead:
    """Test whether a bucket can hold the store's files; a probe object is written and deleted.

    Raises StoreNotFound, TooManyRequests, Unavailable, and the problems of `bucket_problems`.
    """
    store, bucket = get_accessible_store(account, store_id), _bucket_of(storage)
    count_connection(store)
    _probe(store.id, bucket)
    return StorageTestRead(type=storage.type, bucket=bucket.name, tested_at=clock.now())


def change_storage(account: Account, store_id: str, storage: Storage, source_ip: str) -> StorageRead:
    """Test a bucket and connect it to the store, or replace the keys of the current bucket.

    Raises StoreNotFound, StorageInUse for another bucket while the store has files, TooManyRequests, Unavailable, and
    the problems of `bucket_problems`.
    """
    store, bucket = get_accessible_store(account, store_id), _bucket_of(storage)
    _require_replaceable(store, bucket)
    count_connection(store)
    _probe(store.id, bucket)

    def decide(unit: UnitOfWork) -> None:
        row = get_accessible_store(account, store_id)
        current = _require_replaceable(row, bucket)
        is_new = current is None or current.address != bucket.address
        storages.stage_bucket(unit.transaction, row, bucket, is_new=is_new)
        unit.publish(audit.message_of(account, _change_of(store_id, current, bucket), source_ip))

    run_unit_of_work(decide)
    return StorageRead(type=storage.type, status=StorageStatus.ACTIVE, bucket=bucket.name, place=bucket.place)


def _bucket_of(storage: Storage) -> Bucket:
    place = ""
    if isinstance(storage, AwsBucket):
        place = storage.region
    elif isinstance(storage, SupabaseBucket):
        place = storage.project
    keys = storage.access_key.get_secret_value(), storage.secret_key.get_secret_value()
    return Bucket(Vendor(storage.type.value), storage.bucket, place, *keys)


def _probe(store_id: str, bucket: Bucket) -> None:
    """Write, find, read and delete an object, then check that it is gone: that needs the right to list the bucket."""
    key, content = f"{prefix_of(store_id)}probe-{ids.new()}", ids.new().encode()
    with bucket_problems():
        objects.put_object(bucket, key, content, _CONTENT_TYPE)
        facts, data = objects.find_object(bucket, key), objects.read_object(bucket, key)
        objects.delete_object(bucket, key)
        is_deleted = objects.find_object(bucket, key) is None
    if data != content or facts is None or facts.byte_size != len(content) or not is_deleted:
        raise StorageRefused("The bucket does not keep objects as they are written.")


def _require_replaceable(store: Store, bucket: Bucket) -> Bucket | None:
    """Return the store's current bucket. Raises StorageInUse if it is another one and the store has files."""
    try:
        current = storages.load_bucket(store)
    except StorageNotConnected:
        return None
    if current.address != bucket.address and store.storage_used_bytes:
        raise StorageInUse
    return current


def _change_of(store_id: str, current: Bucket | None, bucket: Bucket) -> Change:
    return Change(
        store_id,
        "platform.change_storage",
        f"store:{store_id}",
        {**_public_fields(current), "keys": ""} if current else {},
        {**_public_fields(bucket), "keys": CHANGED},
        frozenset({"keys"}),
    )


def _public_fields(bucket: Bucket) -> dict[str, str]:
    return {"type": bucket.vendor.value, "bucket": bucket.name, "place": bucket.place}
