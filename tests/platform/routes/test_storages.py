"""Tests and changes of a store's bucket over HTTP."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from chalicelib.integrations.object_storage.buckets import Bucket, Vendor
from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from chalicelib.platform.enums import StorageStatus, StorageType
from chalicelib.platform.models import AuditLog, IntegrationConfig, Store
from chalicelib.platform.repository import storages
from tests.object_storage import StorageGateway, keys_of, new_bucket, storage_body, storage_gateway
from tests.platform.provisioning import Drain, OwnerApi, owner_api
from tests.platform.stores import new_store

__all__ = ["storage_gateway"]


@pytest.fixture
def owner(api: httpx2.Client) -> OwnerApi:
    """The owner of a store without a storage."""
    return owner_api(api, new_store())


def change(owner: OwnerApi, bucket: Bucket, /, **changes: str) -> httpx2.Response:
    return owner.call("PUT", "storage", {"storage": storage_body(bucket, **changes)})


@pytest.mark.parametrize("vendor", list(Vendor))
def test_a_bucket_of_each_vendor_is_tested_and_becomes_the_stores(
    vendor: Vendor, owner: OwnerApi, storage_gateway: StorageGateway
) -> None:
    bucket = new_bucket(vendor)
    tested = owner.post("storage/test", {"storage": storage_body(bucket)})
    assert (tested.status_code, tested.json()["bucket"]) == (200, bucket.name), tested.text
    assert Store.get(owner.store.id).storage_type is None, "a test changes nothing"
    answer = change(owner, bucket)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"type": vendor, "status": "active", "bucket": bucket.name, "place": bucket.place}
    store = Store.get(owner.store.id)
    assert (store.storage_type, store.storage_status) == (StorageType(vendor.value), StorageStatus.ACTIVE)
    assert storages.load_bucket(store) == bucket
    assert keys_of(bucket) == [], "the probe is deleted"
    assert {request.split("/")[2] for request in storage_gateway.requests} == {"backroom"}


def test_the_keys_are_encrypted_and_shown_to_nobody(
    owner: OwnerApi, storage_gateway: StorageGateway, drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    access_key, secret_key = "AKIAOFTHEOWNER", "s3cret-of-the-owner"
    storage_gateway.keys[access_key] = secret_key
    answer = change(owner, new_bucket(access_key=access_key, secret_key=secret_key))
    refused = change(owner, new_bucket(access_key=access_key, secret_key=secret_key + "x"))
    assert (answer.status_code, refused.status_code) == (200, 422)
    drain()
    rows = [*IntegrationConfig.query(owner.store.id), *AuditLog.query(owner.store.id), Store.get(owner.store.id)]
    shown = [str(row.serialize()) for row in rows] + [answer.text, refused.text, caplog.text]
    assert not [text for text in shown if access_key in text or secret_key in text]
    [entry] = AuditLog.query(owner.store.id)
    assert (entry.action, entry.after["keys"], entry.before) == ("platform.change_storage", "changed", None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"access_key": "unknown"}, "StorageKeyRefused"),
        ({"secret_key": "wrong"}, "StorageKeyRefused"),
        ({"bucket": "no-such-bucket"}, "BucketMissing"),
    ],
)
def test_a_bucket_that_cannot_be_used_is_named_in_our_words(
    changes: dict[str, str], code: str, owner: OwnerApi, storage_gateway: StorageGateway
) -> None:
    bucket = new_bucket()
    for answer in (
        change(owner, bucket, **changes),
        owner.post("storage/test", {"storage": storage_body(bucket, **changes)}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert "words of the vendor" not in answer.text
        assert not [value for value in changes.values() if value in answer.text]
    assert Store.get(owner.store.id).storage_type is None


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        ((403, "AccessDenied"), 422, "StorageAccessDenied"),
        ((301, "PermanentRedirect"), 422, "BucketElsewhere"),
        ((400, "InvalidRequest"), 422, "StorageRefused"),
        ((503, "SlowDown"), 503, "StorageThrottled"),
        ((500, "InternalError"), 503, "StorageUnavailable"),
    ],
)
def test_a_refusal_of_the_vendor_is_answered_by_its_kind(
    refusal: tuple[int, str], status: int, code: str, owner: OwnerApi, storage_gateway: StorageGateway
) -> None:
    storage_gateway.refusals = [refusal] * 8
    answer = change(owner, new_bucket())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("retry-after" in answer.headers) is (status == 503)


def test_a_storage_that_hangs_is_given_up(owner: OwnerApi, storage_gateway: StorageGateway) -> None:
    storage_gateway.is_silent = True
    answer = change(owner, new_bucket())
    assert (answer.status_code, answer.json()["code"]) == (503, "StorageUnavailable")


@pytest.mark.parametrize("number", range(5))
def test_a_key_needs_each_permission(number: int, owner: OwnerApi, storage_gateway: StorageGateway) -> None:
    """Put, head, get and delete; and the list, without which a missing object looks like a forbidden one."""
    bucket = new_bucket()
    answered = storage_gateway.refusals
    storage_gateway.refusals = _Later(number, (403, "AccessDenied"))
    answer = change(owner, bucket)
    assert (answer.status_code, answer.json()["code"]) == (422, "StorageAccessDenied")
    storage_gateway.refusals = answered
    assert change(owner, bucket).status_code == 200


class _Later(list[tuple[int, str]]):
    """Refuses one request, after some that are served."""

    def __init__(self, served: int, refusal: tuple[int, str]) -> None:
        super().__init__([refusal])
        self.served = served

    def __bool__(self) -> bool:
        self.served -= 1
        return self.served == -1


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "azure"},
        {"bucket": "a"},
        {"bucket": "Tea"},
        {"bucket": "../tea"},
        {"bucket": "arn:aws:s3:::tea"},
        {"region": "evil.example"},
        {"region": "eu-central-1/"},
        {"project": "abcdefghijklmnopqrst"},
        {"endpoint": "https://evil.example"},
        {"access_key": ""},
        {"secret_key": "with space"},
    ],
)
def test_an_invalid_storage_is_refused_before_a_connection(
    changes: dict[str, str], owner: OwnerApi, storage_gateway: StorageGateway
) -> None:
    answer = change(owner, new_bucket(), **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidInput")
    assert answer.json()["errors"][0]["path"].startswith("body.storage")
    assert "with space" not in answer.text
    assert storage_gateway.requests == []


@pytest.mark.parametrize("vendor", [Vendor.GOOGLE_CLOUD, Vendor.SUPABASE])
@pytest.mark.parametrize("place", [{"region": "eu-central-1"}, {"project": "169.254.169.254"}])
def test_other_vendors_take_no_region_and_no_host(vendor: Vendor, place: dict[str, str], owner: OwnerApi) -> None:
    answer = change(owner, new_bucket(vendor), **place)
    assert (answer.status_code, answer.json()["code"]) == (422, "InvalidInput")


def test_tests_of_databases_and_buckets_count_together(owner: OwnerApi) -> None:
    database = {"type": "postgresql", "host": "10.0.0.1", "database": "x", "username": "x", "password": "x"}
    for _ in range(8):
        assert owner.post("database/test", {"database": database}).status_code == 422
    bucket = new_bucket()
    assert change(owner, bucket).status_code == 200
    assert owner.post("storage/test", {"storage": storage_body(bucket)}).status_code == 200
    for answer in (change(owner, bucket), owner.post("storage/test", {"storage": storage_body(bucket)})):
        assert (answer.status_code, answer.json()["code"]) == (429, "TooManyRequests")


def test_a_store_with_files_keeps_its_bucket_and_takes_new_keys(
    owner: OwnerApi, storage_gateway: StorageGateway
) -> None:
    bucket, other = new_bucket(), new_bucket(Vendor.GOOGLE_CLOUD)
    assert change(owner, bucket).status_code == 200
    Store(owner.store.id).update([Store.storage_used_bytes.set(1)])
    for another in (other, replace(bucket, place="eu-west-1"), replace(bucket, name=other.name)):
        answer = change(owner, another)
        assert (answer.status_code, answer.json()["code"]) == (409, "StorageInUse")
    storage_gateway.keys["rotated"] = "rotated"
    rotated = replace(bucket, access_key="rotated", secret_key="rotated")
    assert change(owner, rotated).status_code == 200
    assert storages.load_bucket(Store.get(owner.store.id)) == rotated


def test_another_bucket_replaces_the_keys_of_the_former_one(owner: OwnerApi) -> None:
    assert change(owner, new_bucket()).status_code == 200
    assert change(owner, new_bucket(Vendor.SUPABASE)).status_code == 200
    assert [row.integration_type.value for row in IntegrationConfig.query(owner.store.id)] == [Vendor.SUPABASE.value]


def test_a_file_that_is_added_during_the_change_keeps_the_bucket(
    owner: OwnerApi, storage_gateway: StorageGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, stage = new_bucket(), storages.stage_bucket
    assert change(owner, bucket).status_code == 200

    def stage_while_a_file_is_added(*args: object, **named: object) -> None:
        stage(*args, **named)  # type: ignore[arg-type]
        Store(owner.store.id).update([Store.storage_used_bytes.set(1)])

    monkeypatch.setattr(storages, "stage_bucket", stage_while_a_file_is_added)
    answer = change(owner, new_bucket())
    assert (answer.status_code, answer.json()["code"]) == (409, "StorageInUse")
    assert storages.load_bucket(Store.get(owner.store.id)) == bucket


@pytest.mark.parametrize(("method", "path"), [("PUT", "storage"), ("POST", "storage/test")])
def test_others_reach_no_storage_of_a_store(method: str, path: str, api: httpx2.Client) -> None:
    store, body = new_store(), {"storage": storage_body(new_bucket())}
    for role, status in ((Role.OWNER, 404), (Role.SUPPORT, 403), (Role.MEMBER, 403), (Role.STORE_OWNER, 403)):
        answer = OwnerApi(api, store, auth.mint(role, ids.new())).call(method, path, body)
        assert answer.status_code == status, role
    assert OwnerApi(api, store, auth.mint(Role.OPERATOR, "operator")).call(method, path, body).status_code == 200
