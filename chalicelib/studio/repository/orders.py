"""Orders: the facts known about each, and its finals."""

from __future__ import annotations

from typing import cast

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction, get_many
from chalicelib.studio.domain.fulfillment import OrderFacts, from_json, order_status, to_json
from chalicelib.studio.models import Generation, Order
from chalicelib.studio.repository import generations
from chalicelib.studio.repository.generation_queries import with_state_keys


class _FinalExists(WriteConflict):
    """The line has its final already."""


def find(shop: str, order: str) -> Order | None:
    """Return the order, read consistently, or None."""
    try:
        return Order.get(shop, order, consistent_read=True)
    except Order.DoesNotExist:
        return None


def find_with_preview(shop: str, order: str, preview: str) -> tuple[Order | None, Generation | None]:
    """Return the order and a preview of the shop with one consistent read; None for one that does not exist."""
    rows = get_many([(Order, (shop, order)), (Generation, (preview,))], consistent=True)
    order_row, preview_row = cast("tuple[Order | None, Generation | None]", tuple(rows))
    return order_row, preview_row if preview_row is not None and preview_row.shop_id == shop else None


def order_facts(row: Order | None) -> OrderFacts:
    """Return the facts stored in the row; none for an order without a row."""
    return from_json(row.facts) if row is not None and row.facts else OrderFacts()


def save_order(row: Order, facts: OrderFacts) -> None:
    """Write the row with these facts. Raises WriteConflict if its version changed since the read (0: no row)."""
    version = row.version
    row.facts, row.status, row.version, row.updated_at = to_json(facts), order_status(facts), version + 1, clock.now()
    condition = Order.version == version if version else Order.shop_id.does_not_exist()
    with Transaction() as transaction:
        transaction.put(row, condition, WriteConflict())


def add_final(row: Generation, order: Order) -> Generation:
    """Write the final of an order line unless it exists; return the stored row.

    Raises WriteConflict if the order changed since it was read.
    """
    unchanged = Order.version == order.version
    try:
        with Transaction() as transaction:
            transaction.check(Order, (order.shop_id, order.shopify_order_id), unchanged, WriteConflict())
            transaction.add(with_state_keys(row), _FinalExists())
    except _FinalExists:
        return generations.get(row.shop_id, row.id)
    return row
