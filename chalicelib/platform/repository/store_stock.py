"""Stock in a store's database. Every writer takes its rows in the order of (product_id, location)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Update, bindparam, case, select, update

from chalicelib.platform.domain.store_stock import StockKey, StockLevel
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import INVENTORY

_LEVEL = (INVENTORY.c.product_id, INVENTORY.c.location, INVENTORY.c.quantity, INVENTORY.c.reserved)
_PIECES = bindparam("pieces", type_=INVENTORY.c.quantity.type)
_REMAINING_RESERVED = case((INVENTORY.c.reserved > _PIECES, INVENTORY.c.reserved - _PIECES), else_=0)
"""Never below 0: a row that was deleted and created again has no pieces of the orders before."""
_ROW = update(INVENTORY).where(
    INVENTORY.c.product_id == bindparam("product_key"), INVENTORY.c.location == bindparam("location_key")
)
_TECHNICAL: tuple[tuple[Column[Any], Any], ...] = (
    (INVENTORY.c.version, INVENTORY.c.version + 1),
    (INVENTORY.c.updated_at, bindparam("moment")),
)


def list_levels(
    transaction: StoreTransaction, product_ids: Collection[str], *, locked: bool = False
) -> list[StockLevel]:
    """Return the stock levels of the products, locked until the transaction ends if requested."""
    statement = (
        select(*_LEVEL)
        .where(INVENTORY.c.product_id.in_(product_ids))
        .order_by(INVENTORY.c.product_id, INVENTORY.c.location)
    )
    rows = transaction.connection.execute(statement.with_for_update() if locked else statement)
    return [StockLevel(**row) for row in rows.mappings()]


def lock_level(transaction: StoreTransaction, key: StockKey) -> dict[str, Any] | None:
    """Return the columns of a row of `inventory`, locked until the transaction ends; None if there is none."""
    statement = select(INVENTORY).where(INVENTORY.c.product_id == key[0], INVENTORY.c.location == key[1])
    row = transaction.connection.execute(statement.with_for_update()).mappings().first()
    return dict(row) if row else None


def reserve_pieces(transaction: StoreTransaction, pieces: Mapping[StockKey, int], moment: datetime) -> bool:
    """Reserve pieces, in the order of the keys. Returns False if a row has too few; then the transaction must end."""
    has_enough = INVENTORY.c.reserved + _PIECES <= INVENTORY.c.quantity
    statement = _ROW.where(has_enough).ordered_values(
        (INVENTORY.c.reserved, INVENTORY.c.reserved + _PIECES), *_TECHNICAL
    )
    return _run(transaction, statement, pieces, moment) == len(pieces)


def free_pieces(transaction: StoreTransaction, pieces: Mapping[StockKey, int], moment: datetime) -> None:
    """Put reserved pieces up for sale, in the order of the keys. Rows that were deleted are left out."""
    statement = _ROW.ordered_values((INVENTORY.c.reserved, _REMAINING_RESERVED), *_TECHNICAL)
    _run(transaction, statement, pieces, moment)


def take_pieces(transaction: StoreTransaction, pieces: Mapping[StockKey, int], moment: datetime) -> None:
    """Take reserved pieces out of stock, in the order of the keys. Rows that were deleted are left out."""
    after = INVENTORY.c.quantity - _PIECES
    # MySQL assigns from left to right: `quantity` must still see the old `reserved`
    remaining = case((after > _REMAINING_RESERVED, after), else_=_REMAINING_RESERVED)
    statement = _ROW.ordered_values(
        (INVENTORY.c.quantity, remaining), (INVENTORY.c.reserved, _REMAINING_RESERVED), *_TECHNICAL
    )
    _run(transaction, statement, pieces, moment)


def set_quantity(transaction: StoreTransaction, key: StockKey, quantity: int, moment: datetime) -> None:
    """Set the quantity of a locked row."""
    _run(transaction, _ROW.ordered_values((INVENTORY.c.quantity, _PIECES), *_TECHNICAL), {key: quantity}, moment)


def _run(transaction: StoreTransaction, statement: Update, pieces: Mapping[StockKey, int], moment: datetime) -> int:
    """Execute an update for each key and return the number of rows that it changed."""
    if not pieces:
        return 0
    parameters = [
        {"product_key": product_id, "location_key": location, "pieces": count, "moment": moment}
        for (product_id, location), count in pieces.items()
    ]
    return transaction.connection.execute(statement, parameters).rowcount
