"""A recomputation of what the orders of a store say about stock, codes and customers."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from chalicelib.kit.minor_units import decimals_of
from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.models import Store
from chalicelib.platform.store_database.tables import CUSTOMERS, DISCOUNTS, INVENTORY, ORDER_ITEMS, ORDERS
from tests.platform.store_rows import rows_of


def assert_totals_equal_a_recomputation(store: Store) -> None:
    """Compare the amounts of orders, stock, uses of codes and customers' totals with what the lines and orders say."""
    orders = {row["id"]: row for row in rows_of(store, ORDERS)}
    _compare_amounts(orders, rows_of(store, ORDER_ITEMS))
    _compare_stock(store, orders)
    for discount in rows_of(store, DISCOUNTS):
        uses = [row for row in orders.values() if row["discount_id"] == discount["id"]]
        kept = [row for row in uses if row["status"] != OrderStatus.CANCELLED or row["paid_at"]]
        assert discount["times_used"] == len(kept) <= (discount["usage_limit"] or len(kept))
    for customer in rows_of(store, CUSTOMERS):
        paid = [
            row
            for row in orders.values()
            if row["customer_id"] == customer["id"] and row["status"] in (OrderStatus.PAID, OrderStatus.FULFILLED)
        ]
        spent = sum(row["total"] for row in paid if row["currency"] == store.currency)
        assert (customer["order_count"], customer["total_spent"]) == (len(paid), spent)


def _compare_amounts(orders: dict[str, dict[str, Any]], items: list[dict[str, Any]]) -> None:
    for order in orders.values():
        lines = [item for item in items if item["order_id"] == order["id"]]
        assert lines
        assert order["subtotal"] == sum(line["quantity"] * line["unit_price"] for line in lines)
        assert order["discount_total"] == sum(line["discount_amount"] for line in lines)
        net = order["subtotal"] - order["discount_total"]
        assert order["total"] == net + order["tax_total"] + order["shipping_total"]
        unit = Decimal(1).scaleb(-decimals_of(order["currency"]))
        assert all(line["discount_amount"] % unit == 0 for line in lines)


def _compare_stock(store: Store, orders: dict[str, dict[str, Any]]) -> None:
    reserved: Counter[tuple[str, str]] = Counter()
    for item in rows_of(store, ORDER_ITEMS):
        if orders[item["order_id"]]["status"] in (OrderStatus.PENDING, OrderStatus.PAID):
            reserved[item["product_id"], item["location"]] += item["quantity"]
    levels = {(row["product_id"], row["location"]): row["reserved"] for row in rows_of(store, INVENTORY)}
    assert levels == {key: reserved[key] for key in levels}
