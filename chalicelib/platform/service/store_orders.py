"""New orders in a store's database.

Writers of orders lock rows in one order: order, discount, stock by key, customer. So they cannot deadlock.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.platform.domain.store_quotes import Quote
from chalicelib.platform.domain.store_stock import pieces_by_key
from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.errors import RowAlreadyExists
from chalicelib.platform.models import Store
from chalicelib.platform.repository import plan_limits as plan_limit_rows
from chalicelib.platform.repository import store_discount_codes, store_orders, store_stock
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.schemas.store_orders import OrderCreate, OrderRead
from chalicelib.platform.service import plan_limits
from chalicelib.platform.service.store_callers import StoreCaller
from chalicelib.platform.service.store_calls import run_transaction
from chalicelib.platform.service.store_quotes import read_quote

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
    return OrderRead.of_rows(order, store_orders.list_items(transaction, order_id)) if order else None


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
    return OrderRead.of_rows(order, items)


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
