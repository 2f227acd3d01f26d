"""Files in a store's bucket: their names, how long links to them last, and whether an upload is as declared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

LINK_LIFETIME = timedelta(minutes=15)
"""How long a link to upload or download a file can be used. An upload that has begun may take longer."""
ABANDONED_AFTER = timedelta(hours=1)
"""The age at which an upload that was not completed is removed."""
MAX_BYTES = 5_000_000_000
"""Of a file: Amazon S3 takes 5 GB in one PUT (Amazon S3 API Reference, PutObject)."""
PENDING, READY = "pending", "ready"
"""The status of a file's row before and after its upload is complete."""


def storage_key_of(store_id: str, file_id: str) -> str:
    """Return the name of a file's object: within the store's prefix, and of nothing that a caller chooses."""
    return f"{prefix_of(store_id)}{file_id}"


def prefix_of(store_id: str) -> str:
    """Return the prefix of all objects of a store: several stores may share a bucket."""
    return f"backroom/{store_id}/"


def has_own_object(store_id: str, row: Mapping[str, Any]) -> bool:
    """Return whether the row's object was named by Backroom. Rows of a legacy database may name other objects."""
    return bool(row["storage_key"] == storage_key_of(store_id, row["id"]))


def mismatches(row: Mapping[str, Any], byte_size: int, content_type: str) -> Iterator[tuple[str, str]]:
    """Yield the columns in which an uploaded object differs from its row, with words for the caller."""
    if byte_size != row["byte_size"]:
        yield "byte_size", f"is {row['byte_size']}, but {byte_size} bytes were uploaded"
    if content_type.lower() != row["content_type"]:
        yield "content_type", "differs from the Content-Type of the upload"
