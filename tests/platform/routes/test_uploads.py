"""Uploads of files over HTTP: declared, sent to the bucket, completed, linked and deleted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.integrations.object_storage import objects
from chalicelib.integrations.object_storage.buckets import Bucket, Vendor
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import Problem
from chalicelib.kit.idempotency import Idempotency
from chalicelib.platform.domain.usage_logs import start_of_hour
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.errors import PlanLimitReached
from chalicelib.platform.models import IntegrationConfig, Store
from chalicelib.platform.repository.usage_logs import iterate_logs_of_hour
from chalicelib.platform.schemas.uploads import UploadCreate
from chalicelib.platform.service import plan_limits
from chalicelib.platform.service.media import uploads
from chalicelib.platform.store_database.tables import MEDIA_LIBRARY
from tests.object_storage import StorageGateway, keys_of, storage_gateway
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client
from tests.platform.store_orders import PLENTY, caller_of
from tests.platform.store_rows import add_product, add_row, rows_of
from tests.platform.stored_files import IMAGE, TEA, connect_bucket, declare, send, store_with_bucket, upload, used_bytes
from tests.platform.stores import new_store

__all__ = ["storage_gateway"]

Client = tuple[DataClient, Bucket]
GB = 1_000_000_000


@pytest.fixture
def tea(api: httpx2.Client, either_database: StoreDatabase) -> Client:
    """A client of an empty store on either dialect, and the store's bucket."""
    store, bucket = store_with_bucket(either_database, limits=PLENTY)
    return data_client(api, store), bucket


@pytest.fixture
def shared_tea(api: httpx2.Client, shared_database: StoreDatabase) -> Client:
    """A client of an empty store, and the store's bucket."""
    store, bucket = store_with_bucket(shared_database, limits=PLENTY)
    return data_client(api, store), bucket


@pytest.mark.parametrize("vendor", list(Vendor))
def test_a_file_goes_to_the_bucket_of_each_vendor_and_comes_back(
    vendor: Vendor, api: httpx2.Client, shared_database: StoreDatabase, storage_gateway: StorageGateway
) -> None:
    store, bucket = store_with_bucket(shared_database, vendor, limits=PLENTY)
    client = data_client(api, store)
    declared = declare(client, alt_text="A cup", width=3, height=2, checksum="sha256:abc")
    key = f"backroom/{store.id}/{declared['id']}"
    assert declared["storage_key"] == key
    assert declared["upload"]["headers"] == {"Content-Type": "image/webp", "Content-Length": str(len(TEA))}
    assert timedelta(minutes=14) < clock.parse(declared["expires_at"]) - clock.now() <= timedelta(minutes=15)
    assert send(declared).status_code == 200
    assert keys_of(bucket) == [key]
    done = client.call("PUT", f"uploads/{declared['id']}")
    assert done.status_code == 200, done.text
    assert done.json().items() >= (IMAGE | {"status": "ready", "alt_text": "A cup", "width": 3, "height": 2}).items()
    assert client.call("PUT", f"uploads/{declared['id']}").json() == done.json(), "a repeat changes nothing"
    link = client.call("GET", f"uploads/{declared['id']}").json()
    assert httpx2.get(link["url"]).content == TEA
    assert (link["checksum"], link["version"]) == ("sha256:abc", 2)
    assert used_bytes(store) == len(TEA)
    assert client.list("media_library")[0]["status"] == "ready"


@pytest.mark.parametrize(
    ("content", "content_type", "path"),
    [(b"tea", "image/webp", "body.byte_size"), (TEA, "text/html", "body.content_type")],
)
def test_a_file_that_is_not_as_declared_is_deleted(content: bytes, content_type: str, path: str, tea: Client) -> None:
    client, bucket = tea
    declared = declare(client)
    objects.put_object(bucket, declared["storage_key"], content, content_type)
    refused = client.call("PUT", f"uploads/{declared['id']}")
    assert (refused.status_code, refused.json()["code"]) == (422, "InvalidUpload")
    assert [error["path"] for error in refused.json()["errors"]] == [path]
    assert (keys_of(bucket), rows_of(client.store, MEDIA_LIBRARY), used_bytes(client.store)) == ([], [], 0)
    assert client.call("PUT", f"uploads/{declared['id']}").status_code == 404


def test_the_bucket_takes_no_other_size_than_the_declared_one(
    shared_tea: Client, storage_gateway: StorageGateway
) -> None:
    client, bucket = shared_tea
    upload_request = declare(client)["upload"]
    headers = upload_request["headers"] | {"Content-Length": str(len(TEA) + 1)}
    assert httpx2.put(upload_request["url"], content=TEA + b"!", headers=headers).status_code == 403
    assert keys_of(bucket) == []


def test_a_file_that_was_not_sent_stays_pending(tea: Client) -> None:
    client, _ = tea
    declared = declare(client)
    for method in ("PUT", "GET"):
        answer = client.call(method, f"uploads/{declared['id']}")
        assert (answer.status_code, answer.json()["code"]) == (409, "UploadIncomplete")
    assert used_bytes(client.store) == len(TEA), "its bytes are reserved"
    assert send(declared).status_code == 200
    assert client.call("PUT", f"uploads/{declared['id']}").status_code == 200


def test_concurrent_completions_make_one_file_and_one_upload_in_the_log(tea: Client) -> None:
    client, _ = tea
    for content in (TEA, b"x"):
        declared = declare(client)
        objects.put_object(tea[1], declared["storage_key"], content, "image/webp")
        with ThreadPoolExecutor(6) as pool:
            path = f"uploads/{declared['id']}"
            answers = list(pool.map(lambda _: client.call("PUT", path).status_code, range(6)))  # noqa: B023
        assert set(answers) <= ({200} if content is TEA else {404, 409, 422})
    assert used_bytes(client.store) == len(TEA)
    assert logged_bytes(client.store) == [len(TEA)]


def logged_bytes(store: Store) -> list[int]:
    """Return the bytes in the logs of a store's calls. Calls are logged before they are answered."""
    hour = start_of_hour(clock.now())
    hours = (hour - timedelta(hours=1), hour)  # an hour may have begun since
    return [row.bytes for each in hours for row in iterate_logs_of_hour(store.id, each) if row.bytes]


def test_of_two_concurrent_files_at_the_limit_one_is_declared(tea: Client) -> None:
    client, _ = tea
    Store(client.store.id).update([Store.storage_used_bytes.set(GB - 10)])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.call("POST", "uploads", IMAGE | {"byte_size": 6}), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [402] * 7
    refused = next(answer.json() for answer in answers if answer.status_code == 402)
    assert (refused["code"], refused["limit"], refused["used"]) == ("PlanLimitReached", GB, GB - 4)
    assert refused["upgrade_to"] == "starter"
    assert used_bytes(client.store) == GB - 4
    assert len(rows_of(client.store, MEDIA_LIBRARY)) == 1
    assert client.call("POST", "uploads", IMAGE | {"byte_size": 4}).status_code == 201
    assert client.call("GET", "media_library").status_code == 200


@pytest.mark.parametrize(("used", "gigabytes", "upgrade"), [(GB, 1, "starter"), (10**15, 1_000_000, None)])
def test_a_refusal_names_the_plan_that_has_room(used: int, gigabytes: int, upgrade: str | None) -> None:
    store = new_store(storage_used_bytes=used, limits=PLENTY | {"max_storage_gb": gigabytes})
    with pytest.raises(PlanLimitReached) as refusal:
        plan_limits.reserve_bytes(store, 1)
    assert refusal.value.extras == {"limit": used, "used": used, "upgrade_to": upgrade}


def test_a_failed_insert_gives_the_bytes_back(
    shared_tea: Client, shared_database: StoreDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = shared_tea
    declare(client)
    caller = caller_of(client.store)
    caller.store.config_version = 7
    IntegrationConfig(client.store.id, "shared").delete()
    with pytest.raises(Problem):
        uploads.create_upload(caller, UploadCreate.model_validate(IMAGE), None)
    assert used_bytes(client.store) == len(TEA)


def test_a_repeated_request_declares_one_file(tea: Client) -> None:
    client, _ = tea
    body, key = UploadCreate.model_validate(IMAGE), Idempotency.of("k", "store", "POST /v1/store/uploads", b"body")
    first, second = (uploads.create_upload(caller_of(client.store), body, key) for _ in range(2))
    assert first.id == second.id
    assert (used_bytes(client.store), len(rows_of(client.store, MEDIA_LIBRARY))) == (len(TEA), 1)
    answers = [client.call("POST", "uploads", IMAGE, idempotency_key="other") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert used_bytes(client.store) == 2 * len(TEA)


def test_a_deleted_file_leaves_the_bucket_and_gives_its_bytes_back(tea: Client) -> None:
    client, bucket = tea
    file_id, kept = upload(client), upload(client, b"other")
    product = add_product(client.store, "TEA", {})
    assert (
        client.call("PATCH", f"products/{product}", {"featured_image_id": file_id}, if_match='"1"').status_code == 200
    )
    assert client.call("DELETE", f"media_library/{file_id}", if_match='"1"').status_code == 412
    assert len(keys_of(bucket)) == 2
    assert client.call("DELETE", f"media_library/{file_id}", if_match='"2"').status_code == 204
    assert client.call("DELETE", f"media_library/{file_id}").status_code == 404
    assert keys_of(bucket) == [f"backroom/{client.store.id}/{kept}"]
    assert used_bytes(client.store) == len(b"other")
    assert client.call("GET", f"products/{product}").json()["featured_image_id"] is None
    assert sorted(logged_bytes(client.store)) == [-len(TEA), len(b"other"), len(TEA)]


@pytest.mark.parametrize(("refusal", "status"), [((503, "SlowDown"), 503), ((403, "AccessDenied"), 422)])
def test_a_file_that_the_bucket_does_not_delete_keeps_its_row(
    refusal: tuple[int, str], status: int, tea: Client, storage_gateway: StorageGateway
) -> None:
    client, bucket = tea
    file_id = upload(client)
    storage_gateway.refusals = [refusal] * 2
    assert client.call("DELETE", f"media_library/{file_id}").status_code == status
    assert (len(rows_of(client.store, MEDIA_LIBRARY)), used_bytes(client.store)) == (1, len(TEA))
    storage_gateway.refusals = []
    assert client.call("DELETE", f"media_library/{file_id}").status_code == 204
    assert keys_of(bucket) == []


def test_a_file_whose_bucket_is_gone_is_deleted(shared_tea: Client, storage_gateway: StorageGateway) -> None:
    client, _ = shared_tea
    file_id = upload(client)
    storage_gateway.refusals = [(404, "NoSuchBucket")]
    assert client.call("DELETE", f"media_library/{file_id}").status_code == 204
    assert (rows_of(client.store, MEDIA_LIBRARY), used_bytes(client.store)) == ([], 0)


def test_a_hung_storage_is_answered_with_503(shared_tea: Client, storage_gateway: StorageGateway) -> None:
    client, _ = shared_tea
    declared = declare(client)
    storage_gateway.is_silent = True
    answer = client.call("PUT", f"uploads/{declared['id']}")
    assert (answer.status_code, answer.json()["code"]) == (503, "StorageUnavailable")
    assert "retry-after" in answer.headers
    storage_gateway.is_silent = False
    assert used_bytes(client.store) == len(TEA)


def test_an_object_that_backroom_did_not_name_is_neither_shown_nor_deleted(tea: Client) -> None:
    """Rows of a legacy database may name any object of the bucket."""
    client, bucket = tea
    row_id = ids.new()
    named = f"backroom/{client.store.id}/{ids.new()}"
    for key in ("photos/1.png", f"backroom/{ids.new()}/{row_id}", named, "../x"):
        objects.put_object(bucket, key, b"theirs", "image/png")
        add_row(client.store, MEDIA_LIBRARY, id=row_id, storage_key=key, **IMAGE, status="ready")
        for method in ("GET", "PUT"):
            assert client.call(method, f"uploads/{row_id}").status_code == 404
        assert client.call("DELETE", f"media_library/{row_id}").status_code == 204
        assert objects.read_object(bucket, key) == b"theirs"


def test_rows_of_files_are_created_by_uploads_only(tea: Client) -> None:
    client, _ = tea
    row = IMAGE | {"storage_key": "x"}
    assert client.call("POST", "media_library", row).json()["code"] == "MethodNotAllowed"
    created = client.call("PUT", "media_library", [row])
    assert (created.status_code, created.json()["code"]) == (422, "InvalidRow")
    file_id = upload(client)
    for name, value in (
        ("storage_key", "x"),
        ("byte_size", 1),
        ("content_type", "text/html"),
        ("status", "pending"),
        ("checksum", "x"),
    ):
        for answer in (
            client.call("PATCH", f"media_library/{file_id}", {name: value}, if_match='"2"'),
            client.call("PUT", "media_library", [{"id": file_id, name: value}]),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "InvalidRow")
    changed = client.call("PATCH", f"media_library/{file_id}", {"alt_text": "B", "file_name": "b"}, if_match='"2"')
    assert (changed.status_code, changed.json()["alt_text"]) == (200, "B")


@pytest.mark.parametrize(
    "changes",
    [
        {"file_name": ""},
        {"file_name": "../tea.webp"},
        {"file_name": "tea\n.webp"},
        {"file_name": "x" * 256},
        {"content_type": "image"},
        {"content_type": "image/webp\r\nx-amz-acl: public-read"},
        {"content_type": "text/html; charset=utf-8"},
        {"byte_size": 0},
        {"byte_size": 5_000_000_001},
        {"byte_size": "many"},
        {"width": 0},
        {"alt_text": "x" * 1001},
        {"checksum": "é"},
        {"storage_key": "x"},
    ],
)
def test_an_invalid_declaration_reserves_nothing(changes: dict[str, Any], shared_tea: Client) -> None:
    client, _ = shared_tea
    answer = client.call("POST", "uploads", IMAGE | changes)
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidInput")
    assert answer.json()["errors"][0]["path"] == f"body.{next(iter(changes))}"
    assert used_bytes(client.store) == 0


def test_a_store_without_a_storage_takes_no_files(api: httpx2.Client, shared_database: StoreDatabase) -> None:
    client = data_client(api, connected_store(shared_database))
    row_id = add_row(client.store, MEDIA_LIBRARY, storage_key="x", **IMAGE)
    answer = client.call("POST", "uploads", IMAGE)
    assert (answer.status_code, answer.json()["code"]) == (409, "StorageNotConnected")
    assert used_bytes(client.store) == 0
    assert client.call("DELETE", f"media_library/{row_id}").status_code == 204


def test_a_key_reads_links_and_only_a_writer_uploads(shared_tea: Client) -> None:
    client, _ = shared_tea
    file_id = upload(client)
    for scope in KeyScope:
        scoped = client.scoped(scope)
        status = 200 if scope is KeyScope.WRITE else 403
        assert scoped.call("GET", f"uploads/{file_id}").status_code == 200
        assert scoped.call("PUT", f"uploads/{file_id}").status_code == status
        assert scoped.call("POST", "uploads", IMAGE).status_code == (201 if scope is KeyScope.WRITE else 403)


def test_another_store_in_the_same_bucket_reaches_no_file(
    api: httpx2.Client, shared_tea: Client, prepared_places: Callable[[str], Any]
) -> None:
    client, bucket = shared_tea
    file_id = upload(client)
    prepared_places("postgresql").empty()
    other = data_client(api, connected_store(StoreDatabase(prepared_places("postgresql")), limits=PLENTY))
    connect_bucket(other.store, bucket)
    for method, path in (("GET", "uploads"), ("PUT", "uploads"), ("DELETE", "media_library")):
        assert other.call(method, f"{path}/{file_id}").status_code == 404
    assert keys_of(bucket) == [f"backroom/{client.store.id}/{file_id}"]
