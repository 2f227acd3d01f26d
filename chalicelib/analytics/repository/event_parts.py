"""Parts of a tenant's day in the lake: events that arrived together, until the day's computation unites them."""

from __future__ import annotations

import hashlib
from datetime import date

from chalicelib.analytics.domain import lake
from chalicelib.integrations import parquet, storage
from chalicelib.kit import config


def put_part(tenant: str, day: date, content: bytes) -> str:
    """Store a part under the hash of its content, so that the same events are stored once; return its key."""
    key = lake.part_key(tenant, day, hashlib.sha256(content).hexdigest())
    storage.put(storage.address(config.settings().archive_bucket, key), content, parquet.MEDIA_TYPE)
    return key
