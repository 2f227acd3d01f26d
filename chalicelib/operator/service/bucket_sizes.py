"""Sizes of the two buckets, part by part: S3 lists a thousand objects at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from chalicelib.kit import aws, config

MOST_LISTINGS = 20
"""Listings that one part reads: API Gateway waits 29 seconds."""
PAGE_OBJECTS = 1000
"""Objects of one listing, the most that S3 returns."""


@dataclass(frozen=True, slots=True)
class BucketPart:
    """Objects and bytes of one part of a bucket, and the last key that was counted; None at the end."""

    objects: int
    bytes: int
    last_key: dict[str, Any] | None


def bucket_names() -> dict[str, str]:
    """Return the buckets' names by what they hold: `images` and `archive`."""
    settings = config.settings()
    return {"images": settings.images_bucket, "archive": settings.archive_bucket}


def measure_bucket(bucket: str, start: dict[str, Any] | None = None) -> BucketPart:
    """Count objects and bytes after the key `start`, at most MOST_LISTINGS thousand objects."""
    after = {"StartAfter": start["key"]} if start else {}
    paging = {"PageSize": PAGE_OBJECTS}
    pages = aws.client("s3").get_paginator("list_objects_v2")
    listings = pages.paginate(Bucket=bucket, PaginationConfig=paging, **after)
    objects = size = 0
    last_key: dict[str, Any] | None = None
    for listing in islice(listings, MOST_LISTINGS):
        entries = listing.get("Contents", ())
        objects += len(entries)
        size += sum(entry["Size"] for entry in entries)
        last_key = {"key": entries[-1]["Key"]} if listing.get("IsTruncated") else None
    return BucketPart(objects, size, last_key)
