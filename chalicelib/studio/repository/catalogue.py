"""What merchants set up: products, sizes, styles, bases, watermark. A row of another shop is never found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import Problem
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pages import PageRequest, Slice, take
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Table, Transaction
from chalicelib.studio.errors import BaseNotFound, ProductNotFound, SizeNotFound, StyleNotFound
from chalicelib.studio.models import (
    AiStyle,
    Product,
    ProductBase,
    ProductBaseVariant,
    ProductBaseVariantMapping,
    ProductStyle,
    Size,
    Watermark,
)

T = TypeVar("T", bound=Table)

_NAMESPACE = "5f0c1c5a-6d0e-4f0b-9c59-0d8f3f2f6a11"


def product_uuid(shop: str, shopify_product_id: int) -> str:
    """The one uuid of a shop's product."""
    return ids.derived(_NAMESPACE, shop, str(shopify_product_id))


def add(row: Table, idempotency: Idempotency | None, answer: Schema, otherwise: Problem | None = None) -> None:
    """Write a new row, together with the answer to its Idempotency-Key."""
    with Transaction() as transaction:
        transaction.add(row, otherwise)
        if idempotency:
            idempotency.join(transaction, answer)


def save(row: Table) -> None:
    """Write the row over what is there."""
    row.save()


def find_product(shop: str, product: str) -> Product | None:
    return _find(Product, shop, product)


def get_product(shop: str, product: str) -> Product:
    return _get(Product, ProductNotFound(), shop, product)


def list_products(shop: str, page: PageRequest) -> Slice[Product]:
    return take(Product.query(shop, limit=page.limit, last_evaluated_key=page.start))


def get_size(product: str, size: str) -> Size:
    return _get(Size, SizeNotFound(), product, size)


def list_sizes(product: str) -> list[Size]:
    return _ordered(size for size in Size.query(product) if size.is_active)


def get_style(shop: str, style: str) -> AiStyle:
    return _get(AiStyle, StyleNotFound(), shop, style)


def set_style(shop: str, style: str, values: dict[str, Any]) -> AiStyle:
    """Change these attributes only: `usage_count` is counted by others at the same time."""
    row = AiStyle(shop, style)
    row.update(
        [*(getattr(AiStyle, name).set(value) for name, value in values.items()), AiStyle.updated_at.set(clock.now())],
        condition=AiStyle.uuid.exists(),
    )
    return row


def list_styles(shop: str) -> list[AiStyle]:
    return _ordered(style for style in AiStyle.query(shop) if style.is_active)


def list_product_styles(product: str) -> list[ProductStyle]:
    """In the merchant's order."""
    return sorted(ProductStyle.query(product), key=lambda row: (row.sort_order, row.created_at, row.ai_style_id))


def get_base(shop: str, base: str) -> ProductBase:
    return _get(ProductBase, BaseNotFound(), shop, base)


def find_variant(shop: str, variant: str) -> ProductBaseVariant | None:
    """The shop's base variant, whatever its base."""
    rows = [row for row in ProductBaseVariant.by_uuid.query(variant) if row.shop_id == shop]
    return rows[0] if rows else None


def list_mappings(product: str) -> list[ProductBaseVariantMapping]:
    return list(ProductBaseVariantMapping.query(product))


def find_watermark(shop: str) -> Watermark | None:
    return _find(Watermark, shop)


def _find(model: type[T], hash_key: str, range_key: str | None = None) -> T | None:
    try:
        return model.get(hash_key, range_key, consistent_read=True)
    except model.DoesNotExist:
        return None


def _get(model: type[T], otherwise: Problem, hash_key: str, range_key: str) -> T:
    row = _find(model, hash_key, range_key)
    if row is None:
        raise otherwise
    return row


def _ordered(rows: Iterable[T]) -> list[T]:
    return sorted(rows, key=lambda row: (row.sort_order, row.created_at, row.uuid))  # type: ignore[attr-defined]
