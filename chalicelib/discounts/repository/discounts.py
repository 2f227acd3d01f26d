"""Discounts of a shop. A discount of another shop is never found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.discounts.domain.discount_terms import FIELDS
from chalicelib.discounts.enums import Publication
from chalicelib.discounts.errors import DiscountNotFound
from chalicelib.discounts.models import Discount
from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, get_many, readable_rows, update_if

MAX_KEYS = 100
"""Keys of one BatchGetItem."""


def find(shop: str, discount_id: str) -> Discount | None:
    """Return the shop's discount, deleted ones too, read consistently; None if there is none."""
    try:
        return Discount.get(shop, discount_id, consistent_read=True)
    except Discount.DoesNotExist:
        return None


def get(shop: str, discount_id: str) -> Discount:
    """Return the shop's discount. Raises DiscountNotFound if there is none or it is deleted."""
    row = find(shop, discount_id)
    if row is None or row.deleted_at is not None:
        raise DiscountNotFound
    return row


def list_live(shop: str, page: PageRequest) -> PageResult[Discount]:
    """Return a page of the shop's discounts that are not deleted, oldest first. Deleted ones are not read."""
    keys = Discount.by_live.query(shop, limit=page.limit, last_evaluated_key=page.start)
    rows = get_many([(Discount, (shop, key.discount_id)) for key in keys])
    return PageResult([row for row in filter(None, rows) if row.live], keys.last_evaluated_key)


def find_many(shop: str, discount_ids: list[str]) -> list[Discount]:
    """Return those of these discounts that are not deleted; one call for each 100."""
    return [row for row in find_with_deleted(shop, discount_ids) if row.live]


def find_with_deleted(shop: str, discount_ids: list[str]) -> list[Discount]:
    """Return those of these discounts that exist, deleted ones too; one call for each 100."""
    rows: list[Discount | None] = []
    for start in range(0, len(discount_ids), MAX_KEYS):
        chunk = discount_ids[start : start + MAX_KEYS]
        rows += get_many([(Discount, (shop, each)) for each in chunk], consistent=True)
    return [row for row in rows if row is not None]


def iterate_live(shop: str) -> Iterator[Discount]:
    """Yield the shop's discounts that are not deleted; one query, and one read call for each 100."""
    yield from find_many(shop, [key.discount_id for key in readable_rows(Discount.by_live.query(shop))])


def stage_update(transaction: Transaction, row: Discount, columns: dict[str, Any]) -> None:
    """Set these columns and the next version in the transaction, which raises VersionMismatch if the version changed.

    None removes a column. The usage and the publication's node stay.
    """
    values = {**columns, "version": row.version + 1, "publication": Publication.PENDING, "publication_error": None}
    unchanged = (Discount.version == row.version) & Discount.deleted_at.does_not_exist()
    key = Discount(row.shop, row.discount_id)
    transaction.update(key, _actions(values), condition=unchanged, otherwise=VersionMismatch())


def mark_publication(row: Discount, columns: dict[str, Any]) -> bool:
    """Store what was published of the row's version. Returns False if the row has a newer version."""
    return update_if(Discount(row.shop, row.discount_id), _actions(columns), Discount.version == row.version)


def store_node(row: Discount, node_id: str) -> str | None:
    """Store a node of the discount at Shopify, whatever the version, unless another is stored; return the stored one."""
    column, key = Discount.shopify_node_id, Discount(row.shop, row.discount_id)
    free = Discount.version.exists() & (column.does_not_exist() | (column == node_id))
    if update_if(key, [column.set(node_id), Discount.had_node.set(True)], free):
        return node_id
    stored = find(row.shop, row.discount_id)
    return stored.shopify_node_id if stored else None


def forget_node(row: Discount) -> None:
    """Remove the row's node, which Shopify no longer has, unless another is stored."""
    column, key = Discount.shopify_node_id, Discount(row.shop, row.discount_id)
    if row.shopify_node_id is not None:
        update_if(key, [column.remove()], column == row.shopify_node_id)


def columns_of_row(row: Discount) -> dict[str, Any]:
    """Return the columns that a merchant sets."""
    return {name: getattr(row, name) for name in FIELDS}


def new_row(shop: str, discount_id: str, columns: dict[str, Any], now: datetime) -> Discount:
    """Return the row of a new discount."""
    present = {name: value for name, value in columns.items() if value is not None}
    return Discount(shop, discount_id, live=shop, version=1, created_at=now, updated_at=now, **present)


def with_columns(row: Discount, columns: dict[str, Any]) -> Discount:
    """Return the row as it is after these columns are written; None removes a column."""
    values = {**row.attribute_values, "publication": Publication.PENDING, "publication_error": None, **columns}
    return Discount(**{name: value for name, value in values.items() if value is not None})


def _actions(columns: dict[str, Any]) -> list[Action]:
    pairs = [(getattr(Discount, name), value) for name, value in columns.items()]
    return [column.remove() if value is None else column.set(value) for column, value in pairs]
