"""Counts of the rows of a store's database that its plan limits."""

from __future__ import annotations

from sqlalchemy import func, select

from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import MEDIA_LIBRARY, ORDERS, PRODUCTS


def count_rows(transaction: StoreTransaction) -> dict[str, int]:
    """Return the number of products and orders and the bytes of media, by counter (`domain/census`): one statement."""
    products = select(func.count()).select_from(PRODUCTS).scalar_subquery()
    orders = select(func.count()).select_from(ORDERS).scalar_subquery()
    stored = select(func.coalesce(func.sum(MEDIA_LIBRARY.c.byte_size), 0)).scalar_subquery()
    row = transaction.connection.execute(select(products, orders, stored)).one()
    return {"product_count": int(row[0]), "order_count": int(row[1]), "storage_used_bytes": int(row[2])}
