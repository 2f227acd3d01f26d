"""The history of a discount's terms. Large changes are stored as S3 objects."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.discounts.models import Discount, DiscountChange
from chalicelib.integrations import storage
from chalicelib.kit import config, ids
from chalicelib.kit.attributes import JsonAttribute
from chalicelib.kit.tables import Transaction

LARGE = 4_000
"""Bytes of a row's `before` and `after` together; larger ones are stored in S3."""
FOLDER = "changes/"
"""The prefix of the objects in the images bucket, whose lifecycle deletes them after KEEP."""

Columns = dict[str, Any]


def stage_change(transaction: Transaction, row: Discount, changes: tuple[Columns, Columns], actor: str | None) -> None:
    """Add the change that made the row's version to the transaction. `changes` are the columns before and after."""
    before, after = changes
    transaction.put(
        DiscountChange(
            shop_discount=f"{row.shop}#{row.discount_id}",
            version=row.version,
            shop=row.shop,
            discount_id=row.discount_id,
            changed_by=actor,
            before=before or None,
            after=after or None,
            changed_at=row.updated_at,
            expires_epoch=row.updated_at + DiscountChange.KEEP,
        )
    )


def store_if_large(row: Discount, before: Columns, after: Columns) -> tuple[Any, Any]:
    """Return what the row holds: the columns, or the address of an S3 object with those of `before` and `after`."""
    text = JsonAttribute(personal=False).serialize({"before": before, "after": after})
    if len(text.encode()) <= LARGE:
        return before, after
    key = f"{FOLDER}{row.shop}/{row.discount_id}/{row.version}-{ids.new()}.json"
    url = storage.address(config.settings().images_bucket, key)
    storage.put(url, text.encode(), "application/json")
    return url, url


def load_change(row: DiscountChange) -> tuple[Columns, Columns]:
    """Return the columns before and after a change, from S3 if they are large."""
    if isinstance(row.before, str) or isinstance(row.after, str):
        content = json.loads(storage.get(row.before or row.after))
        return content["before"], content["after"]
    return row.before or {}, row.after or {}


def list_by_discount(shop: str, discount_id: str) -> list[DiscountChange]:
    """Return the changes of a discount, the newest first."""
    return list(DiscountChange.query(f"{shop}#{discount_id}", scan_index_forward=False))
