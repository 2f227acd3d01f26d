"""The columns of stock in the rows of SKUs' days, and the rates of products. The journal writes the other columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.discounts.domain.currency_keys import split_item_key
from chalicelib.discounts.domain.stock import StockDay
from chalicelib.discounts.models import InventoryImpact, OrderUsage, ProductPerformance
from chalicelib.kit.tables import readable_rows, update_if


def iterate_products(shop: str, shop_currency: str | None) -> Iterator[ProductPerformance]:
    """Yield the shop's products with sales, without the rows of sales in a foreign currency."""
    for row in readable_rows(ProductPerformance.query(shop)):
        if not split_item_key(row.sku, row.currency, shop_currency)[1]:
            yield row


def list_stock_days(shop: str, item: str, first: date, last: date) -> dict[date, StockDay]:
    """Return the item's days that have a row, with a consistent read."""
    rows = InventoryImpact.query(f"{shop}#{item}", InventoryImpact.date.between(first, last), consistent_read=True)
    return {
        row.date: StockDay(
            row.starting_inventory,
            row.ending_inventory,
            row.units_sold_with_discount + row.units_sold_regular_price,
        )
        for row in readable_rows(rows)
    }


def set_columns(shop: str, item: str, day: date, columns: Mapping[str, Any]) -> None:
    """Set columns of an item's day; None removes a value. A stored stock is kept: the first snapshot counts."""
    table: Any = InventoryImpact
    actions = [table.shop.set(shop), table.sku.set(item)]
    for name, value in columns.items():
        column = getattr(table, name)
        if value is None:
            actions.append(column.remove())
        elif name in ("starting_inventory", "ending_inventory"):
            actions.append(column.set(column | value))
        else:
            actions.append(column.set(value))
    InventoryImpact(f"{shop}#{item}", day).update(actions)


def set_rates(row: ProductPerformance, purchases: Decimal | None, abandoned: Decimal | None) -> None:
    """Set the rates of a product's row if they differ."""
    if (row.view_to_purchase_rate, row.cart_abandonment_rate) == (purchases, abandoned):
        return
    rates = (
        (ProductPerformance.view_to_purchase_rate, purchases),
        (ProductPerformance.cart_abandonment_rate, abandoned),
    )
    actions = [column.set(rate) if rate is not None else column.remove() for column, rate in rates]
    update_if(ProductPerformance(row.shop, row.sku), actions, ProductPerformance.currency.exists())


def iterate_orders_since(shop: str, first: date) -> Iterator[OrderUsage]:
    """Yield the shop's orders from the newest back to `first`; ids of orders rise with time."""
    for row in readable_rows(OrderUsage.query(shop, scan_index_forward=False)):
        if row.day < first:
            return
        yield row
