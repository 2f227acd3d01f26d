"""Orders of a connected store, placed and changed by the services as the store's owner."""

from __future__ import annotations

from typing import Any

from chalicelib.platform.enums import KeyScope, OrderStatus
from chalicelib.platform.models import Store
from chalicelib.platform.repository import stores
from chalicelib.platform.schemas.store_orders import OrderCreate, OrderRead, OrderUpdate
from chalicelib.platform.service import store_order_changes, store_orders
from chalicelib.platform.service.store_callers import StoreCaller

PLENTY = {
    "max_products": 1000,
    "max_orders_per_month": 1000,
    "max_storage_gb": 1,
    "max_api_calls_per_month": 1000,
}
"""Limits that no test reaches."""


def caller_of(store: Store) -> StoreCaller:
    """Return the owner as a caller, with the store's present row."""
    return StoreCaller(stores.get_store(store.id), KeyScope.WRITE)


def order_of(*items: tuple[str, int], currency: str = "USD", **fields: Any) -> OrderCreate:
    """Return the body of an order; items are SKUs with quantities."""
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in items]
    return OrderCreate.model_validate({"currency": currency, "items": lines} | fields)


def place(store: Store, body: OrderCreate) -> OrderRead:
    """Place an order."""
    return store_orders.place_order(caller_of(store), body, None)


def change(store: Store, order: OrderRead, *statuses: str) -> OrderRead:
    """Change the status of an order, once for each status."""
    for status in statuses:
        body = OrderUpdate(status=OrderStatus(status))
        order = store_order_changes.change_order(caller_of(store), order.id, body, None)
    return order
