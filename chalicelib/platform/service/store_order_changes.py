"""Changes of the status of orders in a store's database. `store_orders` names the order of its locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from chalicelib.kit import clock
from chalicelib.kit.errors import VersionMismatch
from chalicelib.platform.domain.store_orders import CustomerTotals, StockEffect, Transition, transition
from chalicelib.platform.domain.store_rows import Row
from chalicelib.platform.domain.store_stock import StockLine, pieces_by_key
from chalicelib.platform.domain.store_values import is_row_id
from chalicelib.platform.errors import OrderNotFound
from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_discount_codes, store_orders, store_stock
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.store_orders import OrderRead, OrderUpdate
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_calls import run_transaction


def change_order(caller: StoreCaller, order_id: str, body: OrderUpdate, version: str | None) -> OrderRead:
    """Change the status of an order, with the effects on stock, code and customer.

    Raises OrderNotFound, VersionMismatch if the order has another version, OrderTransitionRefused.
    """

    def work(transaction: StoreTransaction) -> OrderRead:
        order = _lock_order(transaction, order_id, version)
        effects = transition(order["status"], body.status)
        items = store_orders.list_items(transaction, order_id)
        moment = clock.now()
        _apply_to_stock(transaction, order, items, effects, moment)
        _apply_to_customer(transaction, caller.store, order, effects, moment)
        store_orders.set_status(transaction, order_id, body.status, moment)
        changes = {"status": body.status, f"{body.status}_at": moment, "updated_at": moment}
        return OrderRead.of_rows(order | changes | {"version": order["version"] + 1}, items)

    order = run_transaction(caller.store, work)
    caller.usage.count_rows("orders", "updated", 1)
    return order


def _lock_order(transaction: StoreTransaction, order_id: str, version: str | None) -> Row:
    order = store_orders.find_order(transaction, order_id, locked=True) if is_row_id(order_id) else None
    if order is None:
        raise OrderNotFound
    if version is not None and version != str(order["version"]):
        raise VersionMismatch
    return order


def _apply_to_stock(
    transaction: StoreTransaction, order: Row, items: Sequence[Row], effects: Transition, moment: datetime
) -> None:
    """Free the use of the order's code, and free or take its pieces."""
    if effects.frees_code and order["discount_id"]:
        store_discount_codes.subtract_use(transaction, order["discount_id"], moment)
    pieces = pieces_by_key(
        StockLine(item["product_id"], item["quantity"], item["location"]) for item in items if item["product_id"]
    )
    if effects.stock is StockEffect.FREE:
        store_stock.free_pieces(transaction, pieces, moment)
    elif effects.stock is StockEffect.TAKE:
        store_stock.take_pieces(transaction, pieces, moment)


def _apply_to_customer(
    transaction: StoreTransaction, store: Store, order: Row, effects: Transition, moment: datetime
) -> None:
    """Add the order to its customer's totals, or take it back. `total_spent` is in the store's currency."""
    if effects.customer and order["customer_id"]:
        spent = order["total"] * effects.customer if order["currency"] == store.currency else Decimal(0)
        totals = CustomerTotals(effects.customer, spent)
        store_orders.add_to_customer(transaction, order["customer_id"], totals, moment)
