"""Orders in a store's database: rows with their items, changes of status, totals of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from chalicelib.platform.domain.store_orders import Customer, CustomerTotals
from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import CUSTOMERS, ORDER_ITEMS, ORDERS

_TIME_OF = {
    OrderStatus.PAID: ORDERS.c.paid_at,
    OrderStatus.FULFILLED: ORDERS.c.fulfilled_at,
    OrderStatus.CANCELLED: ORDERS.c.cancelled_at,
    OrderStatus.REFUNDED: ORDERS.c.refunded_at,
}


def find_order(transaction: StoreTransaction, order_id: str, *, locked: bool = False) -> dict[str, Any] | None:
    """Return the columns of an order, locked until the transaction ends if requested; None if there is none."""
    statement = select(ORDERS).where(ORDERS.c.id == order_id)
    row = transaction.connection.execute(statement.with_for_update() if locked else statement).mappings().first()
    return dict(row) if row else None


def list_items(transaction: StoreTransaction, order_id: str) -> list[dict[str, Any]]:
    """Return the columns of an order's items, by position."""
    statement = select(ORDER_ITEMS).where(ORDER_ITEMS.c.order_id == order_id).order_by(ORDER_ITEMS.c.position)
    return [dict(row) for row in transaction.connection.execute(statement).mappings()]


def get_highest_number(transaction: StoreTransaction) -> int:
    """Return the highest number of an order, 0 without orders."""
    return int(transaction.connection.execute(select(func.max(ORDERS.c.number))).scalar_one() or 0)


def add_order(transaction: StoreTransaction, order: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> None:
    """Insert an order and its items. Raises UniqueViolation if the id or the number exists."""
    transaction.connection.execute(insert(ORDERS), order)
    transaction.connection.execute(insert(ORDER_ITEMS), items)


def set_status(transaction: StoreTransaction, order_id: str, status: OrderStatus, moment: datetime) -> None:
    """Set the status of a locked order and the time of the change."""
    values = {ORDERS.c.status: status.value, _TIME_OF[status]: moment, ORDERS.c.updated_at: moment}
    statement = update(ORDERS).where(ORDERS.c.id == order_id).values({**values, ORDERS.c.version: ORDERS.c.version + 1})
    transaction.connection.execute(statement)


def find_customer(transaction: StoreTransaction, customer_id: str) -> Customer | None:
    """Return a customer as an order needs it, None if there is none."""
    statement = select(CUSTOMERS.c.id, CUSTOMERS.c.customer_group).where(CUSTOMERS.c.id == customer_id)
    row = transaction.connection.execute(statement).mappings().first()
    return Customer(**row) if row else None


def add_to_customer(transaction: StoreTransaction, customer_id: str, totals: CustomerTotals, moment: datetime) -> None:
    """Add to the totals of a customer, if it exists."""
    changes = {
        "order_count": CUSTOMERS.c.order_count + totals.orders,
        "total_spent": CUSTOMERS.c.total_spent + totals.spent,
        "version": CUSTOMERS.c.version + 1,
        "updated_at": moment,
    }
    transaction.connection.execute(update(CUSTOMERS).where(CUSTOMERS.c.id == customer_id).values(changes))
