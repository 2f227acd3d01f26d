"""What refers to the customers of a store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import null, update

from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import ORDERS


def detach_orders(transaction: StoreTransaction, customer_id: str, now: datetime) -> None:
    """Remove the customer and the addresses from their orders, which stay."""
    statement = (
        update(ORDERS)
        .where(ORDERS.c.customer_id == customer_id)
        .values(
            customer_id=None,
            billing_address=null(),
            shipping_address=null(),
            version=ORDERS.c.version + 1,
            updated_at=now,
        )
    )
    transaction.connection.execute(statement)
