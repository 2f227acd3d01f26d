"""Objects of a bucket, and presigned requests for them. Sources: Amazon S3 API Reference, "Error responses".

Every call raises StorageUnavailable, StorageThrottled, BucketRefused and its subclasses, and InvalidBucketPlace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from chalicelib.integrations.object_storage.buckets import Bucket
from chalicelib.integrations.object_storage.clients import client_of
from chalicelib.integrations.object_storage.errors import (
    BucketAccessDenied,
    BucketElsewhere,
    BucketKeyRefused,
    BucketNotFound,
    BucketRefused,
    StorageThrottled,
    StorageUnavailable,
)

_RETRY_AFTER = 5
_THROTTLED = frozenset(["SlowDown", "TooManyRequests", "RequestLimitExceeded", "Throttling", "ThrottlingException"])
_CODES: Mapping[str, type[BucketRefused]] = {
    "AuthorizationHeaderMalformed": BucketElsewhere,
    "IllegalLocationConstraintException": BucketElsewhere,
    "InvalidAccessKeyId": BucketKeyRefused,
    "NoSuchBucket": BucketNotFound,
    "PermanentRedirect": BucketElsewhere,
    "SignatureDoesNotMatch": BucketKeyRefused,
}
_STATUSES: Mapping[int, type[BucketRefused]] = {
    301: BucketElsewhere,
    307: BucketElsewhere,
    401: BucketKeyRefused,
    403: BucketAccessDenied,
}
"""Errors by HTTP status, for answers without a known code, such as those to HEAD, which have no body."""


class _ObjectMissing(BucketRefused):
    """There is no object of this key, or no bucket: an answer to HEAD does not say which."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """Size and media type of a stored object."""

    byte_size: int
    content_type: str


def put_object(bucket: Bucket, key: str, data: bytes, content_type: str) -> None:
    """Write an object; replace an existing one."""
    with _translated():
        client_of(bucket).put_object(Bucket=bucket.name, Key=key, Body=data, ContentType=content_type)


def find_object(bucket: Bucket, key: str) -> ObjectFacts | None:
    """Return the facts of an object; None if there is none."""
    try:
        with _translated():
            head = client_of(bucket).head_object(Bucket=bucket.name, Key=key)
    except _ObjectMissing:
        return None
    return ObjectFacts(int(head["ContentLength"]), str(head.get("ContentType", "")))


def read_object(bucket: Bucket, key: str) -> bytes | None:
    """Return the bytes of a small object; None if there is none."""
    try:
        with _translated():
            content: bytes = client_of(bucket).get_object(Bucket=bucket.name, Key=key)["Body"].read()
    except _ObjectMissing:
        return None
    return content


def delete_object(bucket: Bucket, key: str) -> None:
    """Delete an object if it exists."""
    with suppress(_ObjectMissing), _translated():
        client_of(bucket).delete_object(Bucket=bucket.name, Key=key)


def presigned_put(bucket: Bucket, key: str, facts: ObjectFacts, seconds: int) -> str:
    """Return a URL that takes one PUT of an object of this size and type, for `seconds`.

    Both are signed: the request must have them as `Content-Length` and `Content-Type`.
    """
    parameters = {
        "Bucket": bucket.name,
        "Key": key,
        "ContentType": facts.content_type,
        "ContentLength": facts.byte_size,
    }
    url: str = client_of(bucket).generate_presigned_url("put_object", Params=parameters, ExpiresIn=seconds)
    return url


def presigned_get(bucket: Bucket, key: str, seconds: int) -> str:
    """Return a URL that downloads the object, for `seconds`."""
    parameters = {"Bucket": bucket.name, "Key": key}
    url: str = client_of(bucket).generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)
    return url


@contextmanager
def _translated() -> Iterator[None]:
    """Translate errors of botocore in the block into those of this package."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        yield
    except ClientError as error:
        raise _error_of(error.response) from None
    except (BotoCoreError, HTTPClientError) as error:
        raise StorageUnavailable(retry_after=_RETRY_AFTER) from error


def _error_of(response: Any) -> Exception:
    """Return the error for an answer."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    if status == 429 or code in _THROTTLED:
        return StorageThrottled(retry_after=_RETRY_AFTER)
    if status >= 500:
        return StorageUnavailable(retry_after=_RETRY_AFTER)
    if code not in _CODES and status == 404:
        return _ObjectMissing(status)
    return _CODES.get(code, _STATUSES.get(status, BucketRefused))(status)
