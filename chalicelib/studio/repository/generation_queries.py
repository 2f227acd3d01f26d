"""Lists of generations: each lookup is one Query on an index, and the key columns of those indexes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.studio.models import Generation, GenerationStatus, GenerationType, UpscaleStatus

MAX_ROWS_READ = 200
"""Rows that one request reads at most if no index covers all of its filters."""

_INDEXES = {
    "order_id": Generation.by_order,
    "customer_id": Generation.by_customer,
    "product_id": Generation.by_product,
    "ai_style_id": Generation.by_style,
    "upscale_status": Generation.by_upscale_status,
    "status": Generation.by_status,
    "shop_id": Generation.by_shop,
}
"""Index by column; the one that returns the fewest rows comes first."""


def list_by_columns(shop: str, filters: dict[str, Any], page: PageRequest) -> PageResult[Generation]:
    """Return a page of the shop's generations with these values, by column; newest first.

    The most selective index serves the query. The other filters apply to at most MAX_ROWS_READ of its rows, so a page
    may hold fewer rows than its limit, or none, before the last page.
    """
    column = next(name for name in _INDEXES if name in {**filters, "shop_id": shop})
    rest = {name: value for name, value in filters.items() if name != column}
    rows = _INDEXES[column].query(
        _index_key(shop, filters.get(column, shop)),
        scan_index_forward=False,
        limit=MAX_ROWS_READ if rest else page.limit,
        last_evaluated_key=page.start,
    )
    matches: list[Generation] = []
    for row in rows:
        if row.shop_id != shop:
            return PageResult([])  # the order, customer, product or style, with all its rows, belongs to another shop
        if all(getattr(row, name) == value for name, value in rest.items()):
            matches.append(row)
        if len(matches) == page.limit:
            break
    return PageResult(matches, rows.last_evaluated_key)


def creation_time(last_key: dict[str, Any]) -> datetime:
    """Return when the generation with this last key of `list_by_columns` was created."""
    (text,) = last_key["created_at"].values()
    return Generation.created_at.deserialize(text)


def list_by_open_work(kind: GenerationType, until: datetime | None, page: PageRequest) -> PageResult[Generation]:
    """Return a page of the open work of all shops, earliest end of lease first; with `until`, only expired leases."""
    expired = Generation.lease_until < until if until else None
    return query_page(
        Generation.by_open_work.query(kind.value, expired, limit=page.limit, last_evaluated_key=page.start)
    )


def state_columns(row: Generation, state: GenerationStatus | UpscaleStatus) -> dict[str, str]:
    """Return the state's column and its index key column, with their values."""
    name = "status" if isinstance(state, GenerationStatus) else "upscale_status"
    return {name: state, f"shop_{name}": _index_key(row.shop_id, state)}


def state_actions(row: Generation, state: GenerationStatus | UpscaleStatus) -> list[Action]:
    """Return `state_columns` as the actions of an update."""
    return [getattr(Generation, name).set(value) for name, value in state_columns(row, state).items()]


def with_state_keys(row: Generation) -> Generation:
    """Set the index key columns of a new row, and return the row."""
    for name, value in (state_columns(row, row.status) | state_columns(row, row.upscale_status)).items():
        setattr(row, name, value)
    return row


def _index_key(shop: str, value: str) -> str:
    """Return an index's hash key: states are prefixed with the shop; the other ids are unique across shops."""
    return f"{shop}#{value}" if isinstance(value, GenerationStatus | UpscaleStatus) else value
