"""Admin API queries for products, parsed into the same fields as webhook payloads.

Source: shopify.dev/docs/api/admin-graphql (Product).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.gids import number_of
from chalicelib.shops.schemas.orders import ProductVariant
from chalicelib.shops.service.admin import AdminApi
from chalicelib.shops.service.admin_pages import Node, fetch_page, fetch_remaining_nodes

_VARIANTS = """
query Variants($id: ID!, $after: String) {
  product(id: $id) {
    variants(first: 100, after: $after) { nodes { id title sku price } pageInfo { hasNextPage endCursor } }
  }
}"""
_CHANGED_PRODUCTS = """
query ChangedProducts($query: String!, $after: String) {
  products(first: 10, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id title status updatedAt variants(first: 50) { nodes { id title sku price } pageInfo { hasNextPage endCursor } } }
    pageInfo { hasNextPage endCursor }
  }
}"""


@dataclass(frozen=True, slots=True)
class FetchedProduct:
    """The present state of a product; `fields` are those of its message."""

    fields: dict[str, Any]
    updated_at: datetime


def list_changed_products(
    admin: AdminApi, since: datetime, after: str | None
) -> tuple[list[FetchedProduct], str | None]:
    """Return a page of products changed at `since` or later, oldest change first, and the next page's cursor."""
    nodes, cursor = fetch_page(admin, _CHANGED_PRODUCTS, "products", since, after)
    for node in nodes:
        fetch_remaining_nodes(admin, _VARIANTS, ("product", node["id"]), "variants", node["variants"])
    return [_parse_product(node) for node in nodes], cursor


def _parse_product(node: Node) -> FetchedProduct:
    variants = [
        ProductVariant(variant_id=each["id"], title=each["title"], sku=each["sku"], price=each["price"])
        for each in node["variants"]["nodes"]
    ]
    fields = {
        "product_id": number_of(node["id"]),
        "title": node["title"],
        "status": node["status"].lower(),
        "variants": variants,
    }
    return FetchedProduct(fields, clock.parse(node["updatedAt"]))
