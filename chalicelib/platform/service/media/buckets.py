"""Translation of a bucket's errors into problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.integrations.object_storage import errors
from chalicelib.integrations.object_storage.errors import BucketRefused
from chalicelib.kit import logs
from chalicelib.platform import database_errors as problems

_PROBLEMS: dict[type[BucketRefused], type[problems.StorageRefused]] = {
    errors.BucketAccessDenied: problems.StorageAccessDenied,
    errors.BucketElsewhere: problems.BucketElsewhere,
    errors.BucketKeyRefused: problems.StorageKeyRefused,
    errors.BucketNotFound: problems.BucketMissing,
}

log = logs.logger("platform")


@contextmanager
def bucket_problems() -> Iterator[None]:
    """Translate errors of a bucket in the block into problems. Unavailable passes unchanged.

    Raises StorageRefused, StorageKeyRefused, StorageAccessDenied, BucketMissing, BucketElsewhere.
    """
    try:
        yield
    except BucketRefused as error:
        log.warning("storage refused", extra={"reason": type(error).__name__, "status": error.status})
        raise _PROBLEMS.get(type(error), problems.StorageRefused) from error
