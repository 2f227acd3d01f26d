"""Admin API queries for products, parsed into the same fields as webhook payloads; a malformed part is dropped.

Source: shopify.dev/docs/api/admin-graphql (Product).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from chalicelib.shops.gids import number_of
from chalicelib.shops.schemas.orders import ProductVariant
from chalicelib.shops.service.admin import AdminApi
from chalicelib.shops.service.admin_pages import Node, fetch_nodes, fetch_page
from chalicelib.shops.service.payload_fields import Gid, Lenient, LenientList, Moment, Money, PayloadModel

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
    products = [
        node | {"variants": fetch_nodes(admin, _VARIANTS, ("product", node["id"]), "variants", node.get("variants"))}
        for node in nodes
        if node.get("id")
    ]
    return [parse_product(node, since) for node in products], cursor


class _Variant(PayloadModel):
    id: Gid
    title: Lenient[str] = None
    sku: Lenient[str] = None
    price: Lenient[Money] = None


class _Product(PayloadModel):
    id: Gid
    title: Lenient[str] = None
    status: Lenient[str] = None
    updated_at: Lenient[Moment] = Field(default=None, alias="updatedAt")
    variants: LenientList[_Variant] = Field(default_factory=list)


def parse_product(node: Node, since: datetime) -> FetchedProduct:
    """Parse a product that changed at `since` or later. Raises ValidationError if its id is malformed."""
    product = _Product.parse(node, "products/update")
    variants = [
        ProductVariant(variant_id=each.id, title=each.title, sku=each.sku, price=each.price)
        for each in product.variants
        if each
    ]
    fields = {
        "product_id": number_of(product.id),
        "title": product.title,
        "status": product.status.lower() if product.status else None,
        "variants": variants,
    }
    return FetchedProduct(fields, product.updated_at or since)
