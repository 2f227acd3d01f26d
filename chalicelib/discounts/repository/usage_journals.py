"""The heads of the shops' journals, and the journals' content in S3."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import Any

from chalicelib.discounts.models import UsageJournal
from chalicelib.integrations import storage
from chalicelib.kit import config, ids
from chalicelib.kit.tables import update_if

FOLDER = "journals"
"""Prefix of the objects in the images bucket."""


def find_head(shop: str) -> UsageJournal:
    """Return the head of the shop's journal, with a consistent read; one with sequence 0 if there is none."""
    try:
        return UsageJournal.get(shop, consistent_read=True)
    except UsageJournal.DoesNotExist:
        return UsageJournal(shop)


def put_content(shop: str, content: dict[str, Any]) -> str:
    """Store the content of a journal under a new address, and return it."""
    address = storage.address(config.settings().images_bucket, f"{FOLDER}/{shop}/{ids.new()}.json.gz")
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    storage.put(address, gzip.compress(text.encode(), compresslevel=1, mtime=0), "application/gzip")
    return address


def get_content(address: str) -> dict[str, Any]:
    """Return the content of a journal. Raises NoSuchObject."""
    content: dict[str, Any] = json.loads(gzip.decompress(storage.get(address)))
    return content


def delete_content(address: str) -> None:
    """Delete the content of a journal."""
    storage.delete(address)


def claim_next(head: UsageJournal, address: str, now: datetime) -> bool:
    """Open the journal after the head's. Returns False if another worker opened or closed one since the head was read."""
    unchanged = UsageJournal.sequence == head.sequence
    if head.sequence == 0:
        unchanged = UsageJournal.sequence.does_not_exist() | unchanged
    return update_if(
        UsageJournal(head.shop),
        [
            UsageJournal.sequence.set(head.sequence),
            UsageJournal.open_key.set(address),
            UsageJournal.open_since.set(now),
        ],
        unchanged & UsageJournal.open_key.does_not_exist(),
    )


def swap_content(shop: str, held: str, address: str) -> bool:
    """Give the open journal `held` the content at this address. Returns False if another worker closed it."""
    return update_if(UsageJournal(shop), [UsageJournal.open_key.set(address)], UsageJournal.open_key == held)


def close(shop: str, address: str, sequence: int) -> bool:
    """Close the journal with this address; `sequence` is its number. Returns False if another worker closed it."""
    return update_if(
        UsageJournal(shop),
        [
            UsageJournal.sequence.set(sequence),
            UsageJournal.open_key.remove(),
            UsageJournal.open_since.remove(),
        ],
        UsageJournal.open_key == address,
    )
