"""Stock in a store's database. Rows are locked and changed in the order of (product_id, location)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Update, bindparam, case, select, update

from chalicelib.platform.domain.store_stock import StockKey, StockLevel
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import INVENTORY

_PIECES = bindparam("pieces")
_LEVEL = (INVENTORY.c.product_id, INVENTORY.c.location, INVENTORY.c.quantity, INVENTORY.c.reserved)
_RESERVED_AFTER = case((INVENTORY.c.reserved > _PIECES, INVENTORY.c.reserved - _PIECES), else_=0)
"""A row that was deleted and created again has fewer reserved pieces than its orders; it never goes below 0."""


def _change() -> Update:
    """Return the update of the row with the bound key; the caller adds its columns."""
    key = (INVENTORY.c.product_id == bindparam("product_key"), INVENTORY.c.location == bindparam("location_key"))
    return update(INVENTORY).where(*key)


_RESERVE = _change().where(INVENTORY.c.reserved + _PIECES <= INVENTORY.c.quantity)


def list_levels(
    transaction: StoreTransaction, product_ids: Collection[str], *, locked: bool = False
) -> list[StockLevel]:
    """Return the stock of the products, locked until the transaction ends if requested."""
    statement = (
        select(*_LEVEL)
        .where(INVENTORY.c.product_id.in_(product_ids))
        .order_by(INVENTORY.c.product_id, INVENTORY.c.location)
    )
    rows = transaction.connection.execute(statement.with_for_update() if locked else statement)
    return [StockLevel(*row) for row in rows]
