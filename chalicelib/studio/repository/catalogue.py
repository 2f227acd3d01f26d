"""What merchants set up: products, sizes, styles, bases, watermark. A row of another shop is never found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.kit import clock, ids
from chalicelib.kit.errors import Conflict, Problem
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pages import PageRequest, Slice, take
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Table, Transaction
from chalicelib.studio.errors import BaseNotFound, ProductNotFound, SizeNotFound, StyleNotFound, TooManyStyles
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

MAX_STYLES = 99
"""So that a reorder of a product's styles is one transaction."""

_NAMESPACE = "5f0c1c5a-6d0e-4f0b-9c59-0d8f3f2f6a11"


class _There(Conflict):
    """Somebody else has added the row."""


def product_uuid(shop: str, shopify_product_id: int) -> str:
    """The one uuid of a shop's product."""
    return ids.derived(_NAMESPACE, shop, str(shopify_product_id))


def add(row: Table, idempotency: Idempotency | None, answer: Schema, otherwise: Problem | None = None) -> None:
    """Write a new row, together with the answer to its Idempotency-Key."""
    with Transaction() as transaction:
        transaction.add(row, otherwise)
        if idempotency:
            idempotency.join(transaction, answer)


def remember(idempotency: Idempotency | None, answer: Schema) -> None:
    """Keep the answer to an Idempotency-Key whose request had nothing to write."""
    if idempotency:
        with Transaction() as transaction:
            idempotency.join(transaction, answer)


def change(row: T, values: dict[str, Any]) -> bool:
    """Set these attributes of the row with this one's key, which then shows the whole; False where there is none.

    What others write at the same time stays: styles count their use, products their styles.
    """
    kind = type(row)
    stamped = {**values, "updated_at": clock.now()}
    actions: list[Action] = [getattr(kind, name).set(value) for name, value in stamped.items()]
    try:
        row.update(actions, condition=getattr(kind, kind._hash_keyname or "").exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def put(row: Table, values: dict[str, Any]) -> None:
    """Change the row with this one's key, or write this one."""
    while not change(row, values):
        try:
            with Transaction() as transaction:
                transaction.add(row, _There())
        except _There:
            continue  # added just now
        return


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


def list_styles(shop: str) -> list[AiStyle]:
    return _ordered(style for style in AiStyle.query(shop) if style.is_active)


def list_product_styles(product: str) -> list[ProductStyle]:
    """In the merchant's order."""
    return sorted(ProductStyle.query(product), key=lambda row: (row.sort_order, row.created_at, row.ai_style_id))


def offer(shop: str, row: ProductStyle, values: dict[str, Any]) -> None:
    """Put the style on the product, or change how. Raises TooManyStyles over MAX_STYLES, ProductNotFound."""
    while not change(row, values):
        product = Product(shop, row.product_id)
        try:
            with Transaction() as transaction:
                transaction.add(row, _There())
                transaction.update(
                    product,
                    [Product.style_count.add(1)],
                    condition=Product.style_count < MAX_STYLES,
                    otherwise=TooManyStyles(),
                )
        except _There:
            continue  # added just now
        return


def get_base(shop: str, base: str) -> ProductBase:
    return _get(ProductBase, BaseNotFound(), shop, base)


def find_variant(shop: str, variant: str) -> ProductBaseVariant | None:
    """The shop's base variant, whatever its base."""
    row = _find(ProductBaseVariant, variant)
    return row if row and row.shop_id == shop else None


def list_mappings(product: str) -> list[ProductBaseVariantMapping]:
    return list(ProductBaseVariantMapping.query(product))


def find_watermark(shop: str) -> Watermark | None:
    return _find(Watermark, shop)


def save_watermark(row: Watermark) -> None:
    row.save()


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
