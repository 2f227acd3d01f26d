"""Errors of calls to a bucket. They never contain the vendor's message, which may name accounts and keys."""

from __future__ import annotations

from chalicelib.kit.errors import Unavailable


class StorageUnavailable(Unavailable):
    """The storage does not answer, or answers with 5xx. The call may have had its effect."""

    code = "StorageUnavailable"
    title = "The store's storage is not available; try again"


class StorageThrottled(StorageUnavailable):
    """The storage limits the rate of requests. The call had no effect."""

    code = "StorageThrottled"
    title = "The store's storage limits requests; try again"


class BucketRefused(Exception):
    """The storage refuses the call with this HTTP status. A retry of the same call does not help."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the storage answered {status}")
        self.status = status


class BucketKeyRefused(BucketRefused):
    """The access key is unknown, or the secret key does not belong to it."""


class BucketAccessDenied(BucketRefused):
    """The key lacks a permission on the bucket (403). Amazon S3 hides a missing object this way without s3:ListBucket."""


class BucketNotFound(BucketRefused):
    """There is no bucket of this name (404)."""


class BucketElsewhere(BucketRefused):
    """The bucket is in another region."""


class InvalidBucketPlace(ValueError):
    """A malformed region or project ref; no URL is built from it."""
