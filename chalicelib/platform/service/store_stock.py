"""Adjustments of stock in a store's database."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.errors import VersionMismatch
from chalicelib.platform.domain.store_stock import StockLevel, adjusted_quantity
from chalicelib.platform.errors import InventoryNotFound
from chalicelib.platform.repository import store_stock
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.store_stock import AdjustmentCreate, StockLevelRead
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_calls import run_transaction


def adjust_stock(caller: StoreCaller, body: AdjustmentCreate, version: str | None) -> StockLevelRead:
    """Add `delta` to the pieces of a product at a location.

    Raises InventoryNotFound if the location has no row of the product, VersionMismatch if the row has another version,
    OutOfStock if reserved pieces would be missing, InvalidAdjustment.
    """
    level = run_transaction(caller.store, lambda transaction: _adjust(transaction, body, version))
    caller.usage.count_rows("inventory", "updated", 1)
    return level


def _adjust(transaction: StoreTransaction, body: AdjustmentCreate, version: str | None) -> StockLevelRead:
    key, moment = (body.product_id, body.location), clock.now()
    row = store_stock.lock_level(transaction, key)
    if row is None:
        raise InventoryNotFound
    if version is not None and version != str(row["version"]):
        raise VersionMismatch
    level = StockLevel(*key, row["quantity"], row["reserved"])
    quantity = adjusted_quantity(level, body.delta)
    store_stock.set_quantity(transaction, key, quantity, moment)
    return StockLevelRead.of(row | {"quantity": quantity, "version": row["version"] + 1, "updated_at": moment})
