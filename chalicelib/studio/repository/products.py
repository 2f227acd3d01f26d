"""Products, their sizes, and the styles, bases and mappings on them. A product of another shop is never found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.kit import ids, unique_values
from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.retries import retry_conflicts
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.studio.errors import OrderIncomplete, ProductNotFound, SizeNotFound, TooManyStyles
from chalicelib.studio.models import Product, ProductBaseVariantMapping, ProductProductBase, ProductStyle, Size
from chalicelib.studio.repository import rows
from chalicelib.studio.repository.rows import RowExists, stamped_actions, version_condition

MAX_STYLES = 99
"""Styles on a product: one transaction (100 writes) must be able to reorder them."""

_NAMESPACE = "5f0c1c5a-6d0e-4f0b-9c59-0d8f3f2f6a11"


def product_uuid(shop: str, shopify_product_id: int) -> str:
    """Return the uuid of a shop's product: always the same for a Shopify product id."""
    return ids.derived(_NAMESPACE, shop, str(shopify_product_id))


def variant_key(kind: str, product: str, variant: str) -> str:
    """Return the key that makes a Shopify variant unique among a product's sizes, or among its mappings."""
    return unique_values.value_key("studio", kind, "shopify_variant_id", product, variant)


def update_from_shopify(row: Product, values: dict[str, Any], triggered_at: datetime) -> bool:
    """Update a product from a webhook triggered at `triggered_at`.

    Returns False if the product is not enabled here, or a later webhook was applied.
    """
    newest = Product.told_at.does_not_exist() | (Product.told_at <= triggered_at)
    actions = stamped_actions(Product, {**values, "told_at": triggered_at})
    return update_if(row, actions, Product.shop_id.exists() & newest)


def find_product(shop: str, product: str) -> Product | None:
    """Return the shop's product or None."""
    return rows.find_row(Product, shop, product)


def get_product(shop: str, product: str) -> Product:
    """Return the shop's product. Raises ProductNotFound."""
    return rows.get_row(Product, ProductNotFound(), shop, product)


def list_products(shop: str, page: PageRequest) -> PageResult[Product]:
    """Return a page of the shop's products."""
    return query_page(Product.query(shop, limit=page.limit, last_evaluated_key=page.start))


def get_size(product: str, size: str) -> Size:
    """Return a size of the product, removed ones too. Raises SizeNotFound."""
    return rows.get_row(Size, SizeNotFound(), product, size)


def list_sizes(product: str) -> list[Size]:
    """Return the product's active sizes in their order."""
    return rows.sort_rows(size for size in Size.query(product) if size.is_active)


def list_product_styles(product: str) -> list[ProductStyle]:
    """Return the styles on a product in the merchant's order."""
    return sorted(
        ProductStyle.query(product, consistent_read=True),
        key=lambda row: (row.sort_order, row.created_at, row.ai_style_id),
    )


def put_product_style(shop: str, row: ProductStyle, values: dict[str, Any]) -> None:
    """Add the style to the product, or update it there. Raises TooManyStyles above MAX_STYLES."""

    def write() -> None:
        if rows.update_row(row, values):
            return
        free = Product.style_count < MAX_STYLES
        with Transaction() as transaction:
            transaction.add(row, RowExists())
            transaction.update(
                Product(shop, row.product_id), [Product.style_count.add(1)], condition=free, otherwise=TooManyStyles()
            )

    retry_conflicts(write)


def styles_changed_at(product: Product, product_styles: list[ProductStyle]) -> datetime:
    """Return when the product's list of styles last changed; `product_styles` are all of them."""
    return max((row.updated_at for row in product_styles), default=product.created_at)


def reorder_styles(shop: str, product: str, styles: list[str], version: datetime | None) -> None:
    """Put the product's styles in this order, in one transaction.

    Raises OrderIncomplete unless `styles` names each of them once, VersionMismatch if the list has changed since
    `version`.
    """
    row = get_product(shop, product)
    present = {each.ai_style_id: each for each in ProductStyle.query(product, consistent_read=True)}
    if version is not None and styles_changed_at(row, list(present.values())) != version:
        raise VersionMismatch
    missing, unknown = sorted(set(present) - set(styles)), sorted(set(styles) - set(present))
    if missing or unknown or len(styles) != len(present):
        raise OrderIncomplete(f"body.ai_style_ids: missing {missing or 'none'}, unknown {unknown or 'none'}.")
    with Transaction() as transaction:
        unchanged = Product.style_count == row.style_count
        style_added = OrderIncomplete("A style was added just now.")
        transaction.check(Product, (shop, product), unchanged, otherwise=style_added)
        for position, style in enumerate(styles):
            condition = version_condition(ProductStyle, present[style].updated_at if version else None)
            actions = stamped_actions(ProductStyle, {"sort_order": position})
            transaction.update(ProductStyle(product, style), actions, condition, VersionMismatch())


def list_links(product: str) -> list[ProductProductBase]:
    """Return the bases that a product is offered on, in the merchant's order."""
    links = ProductProductBase.query(product, consistent_read=True)
    return sorted(links, key=lambda row: (row.sort_order, row.created_at, row.product_base_id))


def list_mappings(product: str) -> list[ProductBaseVariantMapping]:
    """Return all mappings of the product's Shopify variants, inactive ones too."""
    return list(ProductBaseVariantMapping.query(product))
