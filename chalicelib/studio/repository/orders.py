"""Orders: the facts that are known of them, and the finals that they want."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction
from chalicelib.studio.domain.fulfillment import OrderFacts, from_json, status, to_json
from chalicelib.studio.models import Generation, Order
from chalicelib.studio.repository import generations
from chalicelib.studio.repository.generation_queries import begun


class Overtaken(Conflict):
    """Another message about the order was faster: read it again and decide anew."""


class _There(Conflict):
    """The line has its final."""


def find(shop: str, order: str) -> Order | None:
    """The order as it stands, read consistently."""
    try:
        return Order.get(shop, order, consistent_read=True)
    except Order.DoesNotExist:
        return None


def facts_of(row: Order | None) -> OrderFacts:
    """What is known of the order."""
    return from_json(row.facts) if row is not None and row.facts else OrderFacts()


def save(row: Order, facts: OrderFacts) -> None:
    """Write the row with these facts, if it is still the version that was read (0: none). Raises Overtaken."""
    read, now = row.version, clock.now()
    row.facts, row.status, row.version, row.updated_at = to_json(facts), status(facts), read + 1, now
    condition = Order.version == read if read else Order.shop_id.does_not_exist()
    with Transaction() as transaction:
        transaction.put(row, condition, Overtaken())


def add_final(row: Generation, order: Order) -> Generation:
    """Write a final that the order wanted as it was read, unless the line has it: the row as it stands then.

    Raises Overtaken where the order has changed.
    """
    unchanged = Order.version == order.version
    try:
        with Transaction() as transaction:
            transaction.check(Order, (order.shop_id, order.shopify_order_id), unchanged, Overtaken())
            transaction.add(begun(row), _There())
    except _There:
        return generations.get(row.shop_id, row.id)
    return row
