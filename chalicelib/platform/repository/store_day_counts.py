"""Counts of a store's days in its database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from chalicelib.platform.domain.store_days import DayCounts
from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import CUSTOMERS, ORDERS

UNCOUNTED = (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
"""Statuses of orders that are not counted: cancelled or refunded."""
_COUNTS = ("orders", "priced_orders", "revenue", "new_customers")

Bounds = tuple[datetime, datetime]
"""The start of a day and of the next one."""


def count_days(transaction: StoreTransaction, currency: str, days: Sequence[Bounds]) -> list[DayCounts]:
    """Return the counts of days, in their order: one statement, which reads the orders of these days once."""
    columns: dict[str, ColumnElement[Any]] = {}
    for number, bounds in enumerate(days):
        values = [*_order_columns(currency, bounds), _new_customers(bounds)]
        columns |= {f"{name}_{number}": value for name, value in zip(_COUNTS, values, strict=True)}
    first, last = min(start for start, _ in days), max(end for _, end in days)
    statement = (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(ORDERS)
        .where(ORDERS.c.placed_at >= first, ORDERS.c.placed_at < last, ORDERS.c.status.not_in(UNCOUNTED))
    )
    row = transaction.connection.execute(statement).mappings().one()
    return [
        DayCounts(
            orders=int(row[f"orders_{number}"]),
            priced_orders=int(row[f"priced_orders_{number}"]),
            revenue=Decimal(row[f"revenue_{number}"]),
            new_customers=int(row[f"new_customers_{number}"]),
        )
        for number in range(len(days))
    ]


def _order_columns(currency: str, bounds: Bounds) -> list[ColumnElement[Any]]:
    is_of_day = and_(ORDERS.c.placed_at >= bounds[0], ORDERS.c.placed_at < bounds[1])
    is_priced = and_(is_of_day, ORDERS.c.currency == currency)
    return [
        func.count(case((is_of_day, ORDERS.c.id))),
        func.count(case((is_priced, ORDERS.c.id))),
        func.coalesce(func.sum(case((is_priced, ORDERS.c.total))), 0),
    ]


def _new_customers(bounds: Bounds) -> ColumnElement[Any]:
    is_of_day = and_(CUSTOMERS.c.created_at >= bounds[0], CUSTOMERS.c.created_at < bounds[1])
    return select(func.count()).select_from(CUSTOMERS).where(is_of_day).scalar_subquery()
