"""Rows in a store's database for tests: products with prices and stock, customers, discounts; and reads of tables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Executable, Table, insert, select

from chalicelib.kit import ids
from chalicelib.platform.models import Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import CUSTOMERS, DISCOUNTS, INVENTORY, PRICES, PRODUCTS

CREATED = datetime(2026, 11, 1, 12, tzinfo=UTC)


def add_row(store: Store, table: Table, **columns: Any) -> str:
    """Insert a row and return its id."""
    row = {"id": ids.new(), "created_at": CREATED, "updated_at": CREATED} | columns
    execute(store, insert(table).values(row))
    return str(row["id"])


def add_product(store: Store, sku: str, prices: dict[str, str], stock: dict[str, int] | None = None) -> str:
    """Insert an active product with an amount by currency and the pieces by location; return its id."""
    product_id = add_row(store, PRODUCTS, sku=sku, slug=sku.lower(), name=f"Product {sku}", status="active")
    for currency, amount in prices.items():
        add_row(store, PRICES, product_id=product_id, currency=currency, amount=Decimal(amount))
    for location, quantity in (stock or {}).items():
        add_row(store, INVENTORY, product_id=product_id, location=location, quantity=quantity, reserved=0)
    return product_id


def add_customer(store: Store, **columns: Any) -> str:
    """Insert a customer and return its id."""
    return add_row(store, CUSTOMERS, **{"email": f"{ids.new()}@example.com"} | columns)


def add_code(store: Store, code: str, value: str, **columns: Any) -> str:
    """Insert a discount, a percentage unless columns say otherwise, and return its id."""
    terms = {"value_type": "percentage"} | columns
    return add_row(store, DISCOUNTS, code=code, title=code, value=Decimal(value), **terms)


def execute(store: Store, statement: Executable) -> None:
    """Execute a statement in a transaction of its own."""
    with store_connections.transaction(store) as transaction:
        transaction.connection.execute(statement)


def rows_of(store: Store, table: Table) -> list[dict[str, Any]]:
    """Return all rows of a table, in the order of their ids."""
    with store_connections.transaction(store) as transaction:
        return [dict(row) for row in transaction.connection.execute(select(table).order_by(table.c.id)).mappings()]


def stock_of(store: Store) -> dict[str, tuple[int, int]]:
    """Return the pieces and the reserved pieces by location, of a store with one product."""
    return {row["location"]: (row["quantity"], row["reserved"]) for row in rows_of(store, INVENTORY)}
