"""Products and prices in a store's database, as an order needs them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, or_, select

from chalicelib.platform.domain.store_order_terms import Product
from chalicelib.platform.domain.store_prices import Price
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.store_database.tables import PRICES, PRODUCTS

_ACTIVE = "active"
_PRODUCT = (PRODUCTS.c.id, PRODUCTS.c.sku, PRODUCTS.c.name, PRODUCTS.c.status, PRODUCTS.c.is_active)
_PRICE = (
    PRICES.c.currency,
    PRICES.c.amount,
    PRICES.c.customer_group,
    PRICES.c.minimum_quantity,
    PRICES.c.valid_from,
    PRICES.c.valid_to,
)


def list_by_skus(
    transaction: StoreTransaction, skus: Collection[str], currency: str, moment: datetime
) -> dict[str, Product]:
    """Return the products of these SKUs by SKU, with their prices in the currency that have not ended at `moment`."""
    is_current = or_(PRICES.c.valid_to.is_(None), PRICES.c.valid_to > moment)
    of_product = and_(PRICES.c.product_id == PRODUCTS.c.id, PRICES.c.currency == currency, is_current)
    statement = (
        select(*_PRODUCT, *_PRICE).select_from(PRODUCTS.outerjoin(PRICES, of_product)).where(PRODUCTS.c.sku.in_(skus))
    )
    rows = transaction.connection.execute(statement).all()
    prices: dict[str, list[Price]] = {}
    for row in rows:
        prices.setdefault(row.sku, []).extend([Price(*row[len(_PRODUCT) :])] if row.currency is not None else [])
    return {
        row.sku: Product(row.id, row.sku, row.name, row.is_active and row.status == _ACTIVE, tuple(prices[row.sku]))
        for row in rows
    }
