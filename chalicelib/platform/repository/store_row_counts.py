"""Counts of the rows of a store's database that its plan limits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, case, func, select

from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import MEDIA_LIBRARY, ORDERS, PRODUCTS


def count_rows(transaction: StoreTransaction, month: tuple[datetime, datetime] | None) -> dict[str, int]:
    """Return the number of products and orders and the bytes of media, by counter (`domain/census`): one statement.

    With the start and the end (exclusive) of a month, its orders are counted, too.
    """
    products = select(func.count()).select_from(PRODUCTS).scalar_subquery()
    stored = select(func.coalesce(func.sum(MEDIA_LIBRARY.c.byte_size), 0)).scalar_subquery()
    columns = {"product_count": products, "order_count": func.count(ORDERS.c.id), "storage_used_bytes": stored}
    if month is not None:
        is_in_month = and_(ORDERS.c.placed_at >= month[0], ORDERS.c.placed_at < month[1])
        columns["orders_month"] = func.count(case((is_in_month, ORDERS.c.id)))
    statement = select(*(column.label(name) for name, column in columns.items())).select_from(ORDERS)
    row = transaction.connection.execute(statement).mappings().one()
    return {name: int(row[name]) for name in columns}
