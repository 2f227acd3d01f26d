"""Files in a store's bucket: object keys, lifetimes of links, and comparison of an upload with its declaration.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

LINK_LIFETIME = timedelta(minutes=15)
"""The lifetime of a link to upload or download a file. An upload that has begun may take longer."""
ABANDONED_AFTER = timedelta(hours=1)
"""The age at which an upload that was not completed is removed."""
MAX_BYTES = 5_000_000_000
"""The maximum size of a file: Amazon S3 accepts 5 GB in one PUT (Amazon S3 API Reference, PutObject)."""
PENDING, READY = "pending", "ready"
"""The status of a file's row before and after its upload is complete."""


def storage_key_of(store_id: str, file_id: str) -> str:
    """Return the key of a file's object, below the store's prefix. No part of it is chosen by a caller."""
    return f"{prefix_of(store_id)}{file_id}"


def prefix_of(store_id: str) -> str:
    """Return the prefix of all objects of a store: several stores may share a bucket."""
    return f"backroom/{store_id}/"


def has_own_object(store_id: str, row: Mapping[str, Any]) -> bool:
    """Return whether Backroom named the row's object. Rows of a legacy database may name other objects."""
    return bool(row["storage_key"] == storage_key_of(store_id, row["id"]))


def mismatches(row: Mapping[str, Any], byte_size: int, content_type: str) -> Iterator[tuple[str, str]]:
    """Yield each column in which an uploaded object differs from its row, with a message for the caller."""
    if byte_size != row["byte_size"]:
        yield "byte_size", f"is {row['byte_size']}, but {byte_size} bytes were uploaded"
    if content_type.lower() != row["content_type"]:
        yield "content_type", "differs from the Content-Type of the upload"
