"""Stores for the tests of platform, written as rows."""

from __future__ import annotations

from typing import Any

from chalicelib.billing import service as billing
from chalicelib.kit import clock, ids, unique_values
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction
from chalicelib.platform.models import Store


def new_store(owner_id: str | None = None, **columns: Any) -> Store:
    """Write a store without a database, on the free plan, and return the row; other columns of it may be given."""
    now, store_id = clock.now(), columns.pop("id", None) or ids.new()
    row = Store(
        store_id,
        name="Tea House",
        slug=f"tea-{store_id}",
        owner_id=owner_id or ids.new(),
        region="eu-central-1",
        limits=billing.store_plan_limits("free"),
        usage_month=f"{now:%Y-%m}",
        version=1,
        created_at=now,
        updated_at=now,
    )
    for column, value in columns.items():
        setattr(row, column, value)
    with Transaction() as transaction:
        transaction.add(row)
        slug = unique_values.value_key("platform", "stores", "slug", row.slug)
        unique_values.claim(transaction, slug, row.id, Conflict("The slug is taken."))
    return row
