"""Variants of products in the Admin API: stock, price and cost.

Source: shopify.dev/docs/api/admin-graphql, 2026-10 (productVariants, InventoryItem).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

Graphql = Callable[..., dict[str, Any]]
"""Executes a GraphQL call and returns its `data`."""

ITEMS_A_CALL = 50
_GID = "gid://shopify/ProductVariant/"
_STOCK = """query VariantStock($search: String!, $after: String) {
  productVariants(first: 100, after: $after, query: $search) {
    nodes { id sku price inventoryQuantity inventoryItem { unitCost { amount } } }
    pageInfo { hasNextPage endCursor }
  }
}"""


@dataclass(frozen=True, slots=True)
class VariantStock:
    """A variant's stock in units, and its price and the cost of a unit in the shop's currency; None if unknown."""

    variant_id: str
    sku: str | None
    price: Decimal | None
    quantity: int | None
    unit_cost: Decimal | None


def iterate_stock(graphql: Graphql, items: Iterable[str]) -> Iterator[VariantStock]:
    """Yield the variants with these SKUs or GIDs; one call for each 50 items. Search ignores the case of letters."""
    wanted = sorted(set(items))
    for start in range(0, len(wanted), ITEMS_A_CALL):
        search, after = " OR ".join(map(_term, wanted[start : start + ITEMS_A_CALL])), None
        while True:
            page = graphql(_STOCK, search=search, after=after)["productVariants"]
            yield from map(_parse, page["nodes"])
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break


def _term(item: str) -> str:
    if item.startswith(_GID):
        return f"id:{item.removeprefix(_GID)}"
    escaped = item.replace("\\", "\\\\").replace("'", "\\'")
    return f"sku:'{escaped}'"


def _parse(node: dict[str, Any]) -> VariantStock:
    cost = ((node.get("inventoryItem") or {}).get("unitCost") or {}).get("amount")
    quantity = node.get("inventoryQuantity")
    return VariantStock(
        node["id"],
        node.get("sku") or None,
        _decimal(node.get("price")),
        quantity if isinstance(quantity, int) else None,
        _decimal(cost),
    )


def _decimal(text: Any) -> Decimal | None:
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
