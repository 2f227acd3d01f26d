"""Uploads that nobody completes: the nightly census removes them, and the days show what was uploaded and deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.integrations.object_storage import objects
from chalicelib.integrations.object_storage.buckets import Bucket
from chalicelib.kit import ids, messages
from chalicelib.platform.domain.media_files import ABANDONED_AFTER, PENDING, READY, storage_key_of
from chalicelib.platform.domain.usage_hours import HOUR
from chalicelib.platform.errors import RowNotFound
from chalicelib.platform.models import Store, UsageMetric
from chalicelib.platform.repository import store_media
from chalicelib.platform.schemas.usage_messages import CensusRequested
from chalicelib.platform.service import census, due_usage
from chalicelib.platform.service.media import file_deletions, uploads
from chalicelib.platform.service.store_calls import run_transaction
from chalicelib.platform.service.usage_hours import roll_up_usage
from chalicelib.platform.service.usage_logs import record_call
from chalicelib.platform.store_database.tables import MEDIA_LIBRARY
from infra.bench.round_trips import metered
from tests.object_storage import StorageGateway, keys_of, storage_gateway
from tests.platform.clocks import set_clock
from tests.platform.data_calls import NOON, data_call
from tests.platform.store_databases import StoreDatabase
from tests.platform.store_orders import PLENTY, caller_of
from tests.platform.store_rows import add_row, rows_of
from tests.platform.stored_files import IMAGE, TEA, store_with_bucket, used_bytes

__all__ = ["storage_gateway"]

LONG_AGO = NOON - ABANDONED_AFTER - timedelta(seconds=1)
Tea = tuple[Store, Bucket]


@pytest.fixture
def tea(either_database: StoreDatabase) -> Tea:
    """A store without calls, with a bucket, on either dialect."""
    return store_with_bucket(either_database, limits=PLENTY, last_activity_at=LONG_AGO)


def add_file(tea: Tea, status: str, declared_at: datetime) -> str:
    """Add a file with an object, as an upload does, and return its id."""
    store, bucket = tea
    file_id = ids.new()
    key = storage_key_of(store.id, file_id)
    times = {"created_at": declared_at, "updated_at": declared_at}
    add_row(store, MEDIA_LIBRARY, id=file_id, storage_key=key, status=status, **IMAGE, **times)
    objects.put_object(bucket, key, TEA, "image/webp")
    Store(store.id).update([Store.storage_used_bytes.add(len(TEA))])
    return file_id


def file_ids(store: Store) -> set[str]:
    return {row["id"] for row in rows_of(store, MEDIA_LIBRARY)}


def test_the_census_removes_uploads_that_were_not_completed(tea: Tea, monkeypatch: pytest.MonkeyPatch) -> None:
    store, bucket = tea
    abandoned = add_file(tea, PENDING, LONG_AGO)
    kept = {add_file(tea, PENDING, NOON - timedelta(minutes=59)), add_file(tea, READY, LONG_AGO)}
    set_clock(monkeypatch, NOON)
    for _ in range(2):
        census.count_store(CensusRequested(store_id=store.id))
        assert file_ids(store) == kept
        assert abandoned not in str(keys_of(bucket))
        assert (len(keys_of(bucket)), used_bytes(store)) == (2, 2 * len(TEA))


def test_the_keys_of_the_bucket_are_read_once_for_all_uploads(tea: Tea, monkeypatch: pytest.MonkeyPatch) -> None:
    store, bucket = tea
    set_clock(monkeypatch, NOON)
    reads = []
    for count in (1, 3):
        for _ in range(count):
            add_file(tea, PENDING, LONG_AGO)
        with metered() as meter:
            assert file_deletions.remove_abandoned_uploads(Store.get(store.id)) is False
        reads.append(meter.cost.reads)
    assert reads[0] == reads[1]
    assert keys_of(bucket) == []


def test_files_that_backroom_did_not_name_are_no_abandoned_uploads(tea: Tea, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = tea
    keys = ["uploads/tea.webp", storage_key_of(store.id, ids.new()), storage_key_of(ids.new(), ids.new())]
    times = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    kept = {add_row(store, MEDIA_LIBRARY, storage_key=key, status=PENDING, **IMAGE, **times) for key in keys}
    abandoned = add_file(tea, PENDING, LONG_AGO)
    set_clock(monkeypatch, NOON)
    rows = run_transaction(store, lambda transaction: store_media.list_abandoned(transaction, store.id, NOON, 10))
    assert [row["id"] for row in rows] == [abandoned]
    census.count_store(CensusRequested(store_id=store.id))
    assert file_ids(store) == kept


def test_the_census_counts_the_bytes_of_files(tea: Tea, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = tea
    add_file(tea, READY, LONG_AGO)
    Store(store.id).update([Store.storage_used_bytes.set(7)])
    set_clock(monkeypatch, NOON)
    census.count_store(CensusRequested(store_id=store.id))
    assert used_bytes(store) == len(TEA)


def test_an_upload_that_is_completed_before_its_removal_stays(tea: Tea) -> None:
    store, bucket = tea
    file_id = add_file(tea, PENDING, LONG_AGO)
    rows = run_transaction(store, lambda transaction: store_media.list_abandoned(transaction, store.id, NOON, 10))
    uploads.complete_upload(caller_of(store), file_id)
    for row in rows:
        file_deletions.remove_pending_file(store, row)
    assert [row["id"] for row in rows] == [file_id]
    assert (file_ids(store), len(keys_of(bucket)), used_bytes(store)) == ({file_id}, 1, len(TEA))


def test_an_upload_that_is_removed_is_not_completed(tea: Tea, monkeypatch: pytest.MonkeyPatch) -> None:
    store, bucket = tea
    file_id = add_file(tea, PENDING, LONG_AGO)
    find_object = objects.find_object

    def remove_after_the_look(*args: Any) -> objects.ObjectFacts | None:
        found = find_object(*args)
        file_deletions.remove_abandoned_uploads(store)
        return found

    monkeypatch.setattr(objects, "find_object", remove_after_the_look)
    set_clock(monkeypatch, NOON)
    with pytest.raises(RowNotFound):
        uploads.complete_upload(caller_of(store), file_id)
    assert (file_ids(store), keys_of(bucket), used_bytes(store)) == (set(), [], 0)


def test_many_abandoned_uploads_are_removed_in_steps(tea: Tea, monkeypatch: pytest.MonkeyPatch) -> None:
    store, bucket = tea
    requested: list[CensusRequested] = []
    monkeypatch.setattr(messages, "publish", lambda message, delay_seconds=0: requested.append(message))
    monkeypatch.setattr(file_deletions, "MOST_ABANDONED", 2)
    for _ in range(3):
        add_file(tea, PENDING, LONG_AGO)
    set_clock(monkeypatch, NOON)
    census.count_store(CensusRequested(store_id=store.id))
    assert (len(file_ids(store)), [each.attempt for each in requested]) == (1, [1])
    census.count_store(requested[0])
    assert (file_ids(store), keys_of(bucket), len(requested), used_bytes(store)) == (set(), [], 1, 0)


@pytest.mark.parametrize("refusal", [(503, "SlowDown"), (403, "InvalidAccessKeyId")])
def test_a_bucket_that_refuses_keeps_the_uploads_and_stops_no_count(
    refusal: tuple[int, str], tea: Tea, monkeypatch: pytest.MonkeyPatch, storage_gateway: StorageGateway
) -> None:
    store, _ = tea
    add_file(tea, PENDING, LONG_AGO)
    add_file(tea, PENDING, LONG_AGO)
    Store(store.id).update([Store.product_count.set(7)])
    storage_gateway.refusals, storage_gateway.requests = [refusal] * 8, []
    set_clock(monkeypatch, NOON)
    census.count_store(CensusRequested(store_id=store.id))
    assert len(storage_gateway.requests) <= 2, "the other upload is not tried"
    assert (len(file_ids(store)), used_bytes(store)) == (2, 2 * len(TEA))
    assert Store.get(store.id).product_count == 0
    storage_gateway.refusals = []
    census.count_store(CensusRequested(store_id=store.id))
    assert (file_ids(store), used_bytes(store)) == (set(), 0)


def test_a_store_that_began_an_upload_just_before_a_census_is_in_the_next_one(
    tea: Tea, drain: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = tea
    add_file(tea, PENDING, NOON - timedelta(minutes=1))
    record_call(data_call(store.id, started_at=NOON - timedelta(minutes=1)))
    for due in (NOON, NOON + timedelta(days=1)):
        set_clock(monkeypatch, due)
        due_usage.request_censuses(due, due - timedelta(days=1))
        assert drain() == []
    assert (file_ids(store), used_bytes(store)) == (set(), 0)


def test_a_day_shows_the_bytes_that_were_uploaded_and_deleted(tea: Tea, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = tea
    for moment, count in ((NOON, 100), (NOON, -30), (NOON + HOUR, 5), (NOON + HOUR, 0)):
        record_call(data_call(store.id, started_at=moment, bytes=count, changes={"media_library": {"updated": 1}}))
    set_clock(monkeypatch, NOON + 2 * HOUR)
    for _ in range(2):
        roll_up_usage(store.id, [NOON, NOON + HOUR])
        row = UsageMetric.get(store.id, NOON.date())
        assert (row.storage_uploaded_bytes, row.storage_deleted_bytes) == (105, 30)
