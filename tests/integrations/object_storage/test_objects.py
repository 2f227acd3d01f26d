"""Objects of buckets in the embedded AWS, and what refusals of the vendors become."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from chalicelib.integrations.object_storage import objects
from chalicelib.integrations.object_storage.buckets import Bucket, Vendor
from chalicelib.integrations.object_storage.clients import ATTEMPTS
from chalicelib.integrations.object_storage.errors import (
    BucketAccessDenied,
    BucketElsewhere,
    BucketKeyRefused,
    BucketNotFound,
    BucketRefused,
    StorageThrottled,
    StorageUnavailable,
)
from chalicelib.integrations.object_storage.objects import ObjectFacts
from tests.object_storage import StorageGateway, keys_of, new_bucket, storage_gateway

__all__ = ["storage_gateway"]


@pytest.mark.parametrize("vendor", list(Vendor))
def test_an_object_is_written_found_read_and_deleted(vendor: Vendor, storage_gateway: StorageGateway) -> None:
    bucket = new_bucket(vendor)
    assert objects.find_object(bucket, "a/b") is None
    assert objects.read_object(bucket, "a/b") is None
    objects.put_object(bucket, "a/b", b"tea", "image/png")
    assert objects.find_object(bucket, "a/b") == ObjectFacts(3, "image/png")
    assert objects.read_object(bucket, "a/b") == b"tea"
    for _ in range(2):
        objects.delete_object(bucket, "a/b")
    assert keys_of(bucket) == []


@pytest.mark.parametrize("vendor", list(Vendor))
def test_a_presigned_upload_takes_the_declared_size_and_type_only(
    vendor: Vendor, storage_gateway: StorageGateway
) -> None:
    bucket = new_bucket(vendor)
    url = objects.presigned_put(bucket, "a", ObjectFacts(3, "image/png"), 900)
    for content, content_type in ((b"teas", "image/png"), (b"tea", "text/html")):
        response = httpx2.put(url, content=content, headers={"Content-Type": content_type})
        assert (response.status_code, keys_of(bucket)) == (403, [])
    assert httpx2.put(url, content=b"tea", headers={"Content-Type": "image/png"}).status_code == 200
    assert httpx2.get(objects.presigned_get(bucket, "a", 900)).content == b"tea"


def test_unknown_keys_and_wrong_secrets_are_refused(storage_gateway: StorageGateway) -> None:
    bucket = new_bucket()
    for refused in (replace(bucket, access_key="unknown"), replace(bucket, secret_key="wrong")):
        with pytest.raises(BucketKeyRefused):
            objects.put_object(refused, "a", b"tea", "image/png")
    assert keys_of(bucket) == []


def test_a_missing_bucket_is_named_where_the_answer_has_a_body(storage_gateway: StorageGateway) -> None:
    missing = replace(new_bucket(), name="no-such-bucket")
    for call in (
        lambda: objects.put_object(missing, "a", b"tea", "image/png"),
        lambda: objects.read_object(missing, "a"),
        lambda: objects.delete_object(missing, "a"),
    ):
        with pytest.raises(BucketNotFound):
            call()
    assert objects.find_object(missing, "a") is None


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (301, "PermanentRedirect", BucketElsewhere),
        (400, "AuthorizationHeaderMalformed", BucketElsewhere),
        (400, "InvalidRequest", BucketRefused),
        (403, "AccessDenied", BucketAccessDenied),
        (403, "RequestTimeTooSkewed", BucketAccessDenied),
        (429, "Whatever", StorageThrottled),
        (500, "InternalError", StorageUnavailable),
        (503, "SlowDown", StorageThrottled),
    ],
)
def test_a_refusal_becomes_an_error_without_the_words_of_the_vendor(
    status: int, code: str, expected: type[Exception], storage_gateway: StorageGateway
) -> None:
    bucket = new_bucket()
    storage_gateway.refusals = [(status, code)] * 2 * ATTEMPTS
    with pytest.raises(expected) as refused:
        objects.read_object(bucket, "a")
    assert type(refused.value) is expected
    assert "words of the vendor" not in str(refused.value)


def test_a_throttled_call_is_repeated_once(storage_gateway: StorageGateway) -> None:
    bucket = new_bucket()
    storage_gateway.refusals = [(503, "SlowDown")]
    objects.put_object(bucket, "a", b"tea", "image/png")
    assert keys_of(bucket) == ["a"]


def test_a_storage_that_hangs_is_given_up(storage_gateway: StorageGateway) -> None:
    bucket = new_bucket()
    storage_gateway.is_silent = True
    with pytest.raises(StorageUnavailable):
        objects.find_object(bucket, "a")
    assert len(storage_gateway.requests) == ATTEMPTS


def test_a_storage_that_does_not_listen_is_unavailable(storage_gateway: StorageGateway) -> None:
    bucket: Bucket = new_bucket()
    storage_gateway.close()
    with pytest.raises(StorageUnavailable):
        objects.find_object(bucket, "a")
