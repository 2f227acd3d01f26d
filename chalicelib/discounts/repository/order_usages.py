"""Rows of orders: the current contribution of each. Lines and refunds over 4 kB are S3 objects, one per journal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from pynamodb.expressions.condition import Condition

from chalicelib.discounts.domain import packed_orders
from chalicelib.discounts.domain.order_state import OrderState
from chalicelib.discounts.models import OrderUsage
from chalicelib.integrations import storage
from chalicelib.kit import config, tables
from chalicelib.kit.tables import get_many, put_if
from chalicelib.kit.threads import map_in_threads

FOLDER = "order-lines"
"""Prefix of the objects in the images bucket."""
MAX_BYTES = 4_000
"""Of lines and refunds in a row; about 80 lines."""
MAX_KEYS = 100
"""Keys of one BatchGetItem."""
_OF_CUSTOMER = ("customer_id", "shop_customer", "ab_visitor")
"""The columns that an erasure of the customer removes."""


def find_orders(shop: str, order_ids: Iterable[str]) -> dict[str, OrderUsage]:
    """Return the rows of the orders that have one, by order id; one consistent call for each 100 orders."""
    ids = sorted(set(order_ids))
    chunks = [ids[start : start + MAX_KEYS] for start in range(0, len(ids), MAX_KEYS)]

    def find(chunk: list[str]) -> list[OrderUsage | None]:
        return get_many([(OrderUsage, (shop, order_id)) for order_id in chunk], consistent=True)

    return {row.order_id: row for rows in map_in_threads(find, chunks) for row in rows if row is not None}


def to_state(row: OrderUsage) -> OrderState:
    """Return the state in a row. Raises NoSuchObject if its lines are lost."""
    state = OrderState(
        order_id=row.order_id,
        day=row.day,
        created_at=row.created_at,
        currency=row.currency,
        snapshot_key=row.snapshot_key,
        customer=row.customer_id,
        cancelled_at=row.cancelled_at,
        ab_mark=f"{row.ab_variant}.{row.ab_visitor or ''}" if row.ab_variant else None,
    )
    content = {"lines": row.lines, "refunds": row.refunds}
    if isinstance(row.lines, dict):  # an archived row holds the object's content
        content = row.lines
    elif is_address(row.lines):
        content = json.loads(storage.get(row.lines))
    return replace(packed_orders.unpack(content["lines"], state), refunds=content["refunds"])


def to_row(shop: str, state: OrderState, sequence: int) -> OrderUsage:
    """Return the row of a state that journal number `sequence` writes, with its lines whatever their length."""
    variant, _, visitor = (state.ab_mark or "").rpartition(".")
    return OrderUsage(
        shop,
        state.order_id,
        customer_id=state.customer,
        shop_customer=f"{shop}#{state.customer}" if state.customer else None,
        day=state.day,
        currency=state.currency,
        snapshot_key=state.snapshot_key,
        lines=packed_orders.pack(state),
        refunds={refund_id: dict(lines) for refund_id, lines in state.refunds.items()},
        cancelled_at=state.cancelled_at,
        ab_variant=variant or None,
        ab_visitor=visitor or None,
        journal_seq=sequence,
        created_at=state.created_at,
    )


def put_order(row: OrderUsage, replaced: str | None) -> None:
    """Write the row unless its journal, or a later one, has written it. `replaced` is the address of its former lines."""
    address = None
    content = json.dumps({"lines": row.lines, "refunds": row.refunds}, separators=(",", ":"))
    if len(content) > MAX_BYTES:
        address = _address(row)
        storage.put(address, content.encode(), "application/json")
        row = tables.copy_row(row, {"lines": address, "refunds": {}})
    is_written = put_if(row, is_earlier(row.journal_seq))
    if replaced:
        storage.delete(replaced)
    if address and not is_written and _is_overwritten(row):
        storage.delete(address)


def without_customer(row: OrderUsage) -> OrderUsage:
    """Return the row of an order whose customer was erased."""
    return OrderUsage(**{name: value for name, value in row.attribute_values.items() if name not in _OF_CUSTOMER})


def is_address(lines: str) -> bool:
    """Return whether the column holds the address of an object with the lines."""
    return bool(lines.startswith("s3://"))


def is_earlier(sequence: int) -> Condition:
    """Return the condition that neither journal number `sequence` nor a later one has written an order's row."""
    column = OrderUsage.journal_seq
    condition: Condition = column.does_not_exist() | (column < sequence)
    return condition


def _address(row: OrderUsage) -> str:
    order = row.order_id.rpartition("/")[2]
    return storage.address(config.settings().images_bucket, f"{FOLDER}/{row.shop}/{order}/{row.journal_seq}")


def _is_overwritten(row: OrderUsage) -> bool:
    """Return whether a later journal has written the row, so that nothing refers to this journal's object."""
    stored = find_orders(row.shop, [row.order_id]).get(row.order_id)
    return stored is not None and stored.journal_seq > row.journal_seq
