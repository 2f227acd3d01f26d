"""Lists of generations: each look-up is one Query by an index of its own."""

from __future__ import annotations

from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.studio.models import Generation, GenerationStatus, UpscaleStatus

LOOK_AT = 200
"""Rows that a request looks at, where no index has all that it asks for."""

_INDEXES = {
    "order_id": Generation.by_order,
    "customer_id": Generation.by_customer,
    "product_id": Generation.by_product,
    "ai_style_id": Generation.by_style,
    "upscale_status": Generation.by_upscale_status,
    "status": Generation.by_status,
    "shop_id": Generation.by_shop,
}
"""By what they look up, the one that leads to the fewest rows first."""


def list_page(shop: str, wanted: dict[str, Any], page: PageRequest) -> PageResult[Generation]:
    """The shop's generations with these values, by column; newest first.

    The first index of those asked for leads. What else is asked for is looked for among LOOK_AT of its rows: such a page
    may hold fewer than its limit, also none, and still have others after it.
    """
    leading = next(name for name in _INDEXES if name in {**wanted, "shop_id": shop})
    rest = {name: value for name, value in wanted.items() if name != leading}
    rows = _INDEXES[leading].query(
        _key(shop, wanted.get(leading, shop)),
        scan_index_forward=False,
        limit=LOOK_AT if rest else page.limit,
        last_evaluated_key=page.start,
    )
    found: list[Generation] = []
    for row in rows:
        if row.shop_id != shop:
            return PageResult([])  # another shop's order, customer, product or style: all of its rows are
        if all(getattr(row, name) == value for name, value in rest.items()):
            found.append(row)
        if len(found) == page.limit:
            break
    return PageResult(found, rows.last_evaluated_key)


def state_of(row: Generation, state: GenerationStatus | UpscaleStatus) -> dict[str, str]:
    """How far the row is, by column, with the key by which that is looked up."""
    name = "status" if isinstance(state, GenerationStatus) else "upscale_status"
    return {name: state, f"shop_{name}": _key(row.shop_id, state)}


def states(row: Generation, state: GenerationStatus | UpscaleStatus) -> list[Action]:
    """As `state_of`, as what an update sets."""
    return [getattr(Generation, name).set(value) for name, value in state_of(row, state).items()]


def begun(row: Generation) -> Generation:
    """A new row with the keys by which its states are looked up."""
    for name, value in (state_of(row, row.status) | state_of(row, row.upscale_status)).items():
        setattr(row, name, value)
    return row


def _key(shop: str, value: str) -> str:
    """The hash key of a look-up: a state is looked up within its shop, what else there is has ids of its own."""
    return f"{shop}#{value}" if isinstance(value, GenerationStatus | UpscaleStatus) else value
