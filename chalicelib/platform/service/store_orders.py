"""Orders in a store's database: placing them, and the changes of their status.

Writers lock rows in one order: order, discount, stock by key, customer. So two of them cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import VersionMismatch, WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.minor_units import decimals_of, to_amount, to_minor_units
from chalicelib.platform.domain.store_orders import CustomerTotals, StockEffect, Transition, transition
from chalicelib.platform.domain.store_quotes import Quote
from chalicelib.platform.domain.store_stock import StockLine, pieces_by_key
from chalicelib.platform.domain.store_values import is_row_id
from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.errors import OrderNotFound, RowAlreadyExists
from chalicelib.platform.models import Store
from chalicelib.platform.repository import plan_limits as plan_limit_rows
from chalicelib.platform.repository import store_discount_codes, store_orders, store_stock
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.store_orders import OrderCreate, OrderRead, OrderUpdate
from chalicelib.platform.service import plan_limits
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_calls import run_transaction
from chalicelib.platform.service.store_quotes import read_quote

Row = Mapping[str, Any]

_ORDER_IDS = "5b0c9d0e-6a67-4e0b-9a0e-3b1c2b7f0c1d"
"""Namespace of the ids that are made of Idempotency-Keys: a request that is repeated after a crash finds its order."""


def place_order(caller: StoreCaller, body: OrderCreate, idempotency: Idempotency | None) -> OrderRead:
    """Place an order: price its lines, reserve its pieces and the use of its code.

    Raises PlanLimitReached, InvalidOrder, InvalidDiscountCode, DiscountCodeUsedUp, OutOfStock.
    """
    order_id = _order_id(caller.store, idempotency)
    existing: OrderRead | None = None

    def work(transaction: StoreTransaction) -> OrderRead:
        nonlocal existing
        existing = _find(transaction, order_id) if idempotency else None
        return existing or _place_counted(transaction, caller.store, body, order_id)

    try:
        order = run_transaction(caller.store, work)
    except RowAlreadyExists:
        _skip_used_numbers(caller.store)
        order = run_transaction(caller.store, work)
    if existing is None:
        caller.usage.count_rows("orders", "created", 1)
        caller.usage.amount = order.total if order.currency == caller.store.currency else None
    return order


def _skip_used_numbers(store: Store) -> None:
    """Continue after the highest number in the database: one that was adopted has orders that Backroom did not number."""
    plan_limit_rows.raise_order_number(store.id, run_transaction(store, store_orders.get_highest_number))


def _order_id(store: Store, idempotency: Idempotency | None) -> str:
    return ids.derived(_ORDER_IDS, store.id, idempotency.key, idempotency.body_hash) if idempotency else ids.new()


def _find(transaction: StoreTransaction, order_id: str) -> OrderRead | None:
    order = store_orders.find_order(transaction, order_id)
    return _order_read(order, store_orders.list_items(transaction, order_id)) if order else None


def _place_counted(transaction: StoreTransaction, store: Store, body: OrderCreate, order_id: str) -> OrderRead:
    """Count the order in the store's month and place it; take the count back if that fails."""
    reserved = plan_limits.reserve_order(store)
    try:
        return _place(transaction, store, body, order_id, reserved.number)
    except BaseException:
        plan_limits.give_back_order(store.id, reserved)
        raise


def _place(transaction: StoreTransaction, store: Store, body: OrderCreate, order_id: str, number: int) -> OrderRead:
    moment = clock.now()
    quote = read_quote(transaction, store, body, moment, locked=True)
    if quote.discount_id and not store_discount_codes.add_use(transaction, quote.discount_id, moment):
        raise WriteConflict
    if not store_stock.reserve_pieces(transaction, pieces_by_key(line.stock for line in quote.lines), moment):
        raise WriteConflict
    order = _order_columns(quote, body, moment) | {"id": order_id, "number": number}
    items = _item_columns(quote, order_id, moment)
    store_orders.add_order(transaction, order, items)
    return _order_read(order, items)


def _order_columns(quote: Quote, body: OrderCreate, moment: datetime) -> dict[str, Any]:
    """Return the columns of a new order but its id and number."""
    return {
        "customer_id": body.customer_id,
        "status": OrderStatus.PENDING.value,
        "currency": quote.currency,
        "subtotal": quote.subtotal,
        "discount_total": quote.discount_total,
        "tax_total": quote.tax_total,
        "shipping_total": quote.shipping_total,
        "total": quote.total,
        "discount_id": quote.discount_id,
        "billing_address": body.billing_address,
        "shipping_address": body.shipping_address,
        "placed_at": moment,
        "paid_at": None,
        "fulfilled_at": None,
        "cancelled_at": None,
        "refunded_at": None,
        "version": 1,
        "created_at": moment,
        "updated_at": moment,
    }


def _item_columns(quote: Quote, order_id: str, moment: datetime) -> list[dict[str, Any]]:
    """Return the columns of a new order's items; positions begin at 1."""
    technical = {"order_id": order_id, "version": 1, "created_at": moment, "updated_at": moment}
    return [
        {"id": ids.new(), "position": position, **asdict(line), **technical}
        for position, line in enumerate(quote.lines, start=1)
    ]


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
        return _order_read(order | changes | {"version": order["version"] + 1}, items)

    order = run_transaction(caller.store, work)
    caller.usage.count_rows("orders", "updated", 1)
    return order


def _lock_order(transaction: StoreTransaction, order_id: str, version: str | None) -> dict[str, Any]:
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


def _order_read(order: Row, items: Sequence[Row]) -> OrderRead:
    """Return an order with the decimals of its currency: the columns have four."""
    decimals = decimals_of(order["currency"])

    def in_currency(row: Row) -> dict[str, Any]:
        return {
            name: to_amount(to_minor_units(value, decimals), decimals) if isinstance(value, Decimal) else value
            for name, value in row.items()
        }

    return OrderRead.model_validate(in_currency(order) | {"items": [in_currency(item) for item in items]})
