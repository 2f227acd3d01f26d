"""Products, their sizes, the styles and bases offered on them, and the mappings of their Shopify variants.

Rows of another shop are not found. `version` is the `updated_at` that the caller read; VersionMismatch is raised if
the row has another.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.kit import clock, ids, unique_values
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction
from chalicelib.shops.schemas.orders import ProductDeleted, ProductUpdated
from chalicelib.studio.errors import BaseNotFound, ProductNotFound, SizeNotFound, VariantAlreadyMapped
from chalicelib.studio.models import Product, ProductBaseVariantMapping, ProductProductBase, ProductStyle, Size
from chalicelib.studio.repository import bases, products, rows, styles
from chalicelib.studio.repository.rows import RowExists
from chalicelib.studio.schemas.catalogue import (
    LinkPut,
    MappingPut,
    ProductCreate,
    ProductRead,
    ProductStylePut,
    ProductUpdate,
    SizeCreate,
    SizeRead,
    SizeUpdate,
)
from chalicelib.studio.service.auth import APP


def add_product(shop: str, body: ProductCreate, key: Idempotency | None) -> ProductRead:
    """Enable a Shopify product; return the existing row if it was added before."""
    uuid, now = products.product_uuid(shop, body.shopify_product_id), clock.now()
    present = products.find_product(shop, uuid)
    if present is not None:
        answer = ProductRead.of(present)
        rows.store_answer(key, answer)
        return answer
    row = Product(
        shop_id=shop,
        uuid=uuid,
        shopify_product_id=body.shopify_product_id,
        title=body.title,
        created_at=now,
        updated_at=now,
    )
    answer = ProductRead.of(row)
    try:
        rows.add(row, key, answer)
    except RowExists:
        answer = ProductRead.of(products.get_product(shop, uuid))
        rows.store_answer(key, answer)
    return answer


def list_products(shop: str, page: PageRequest) -> PageResult[Product]:
    """Return a page of the shop's products."""
    return products.list_products(shop, page)


def get_product(shop: str, product: str) -> Product:
    """Return the shop's product. Raises ProductNotFound."""
    return products.get_product(shop, product)


def change_product(shop: str, product: str, body: ProductUpdate, version: datetime | None) -> Product:
    """Set the fields in the body; other fields stay. Raises ProductNotFound, VersionMismatch."""
    row = Product(shop, product)
    if not rows.update_row(row, body.model_dump(exclude_unset=True), version):
        raise ProductNotFound
    return row


def sync_product(message: ProductUpdated | ProductDeleted) -> None:
    """Copy a product's title from Shopify, or disable a deleted product. Older messages are ignored."""
    if message.app == APP:
        values: dict[str, Any] = {"is_enabled": False}
        if isinstance(message, ProductUpdated):
            values = {"title": message.title[:255]} if message.title else {}
        uuid = products.product_uuid(message.shop, message.product_id)
        products.update_from_shopify(Product(message.shop, uuid), values, message.triggered_at)


def add_size(shop: str, product: str, body: SizeCreate, key: Idempotency | None) -> SizeRead:
    """Create a size. Raises ProductNotFound; VariantAlreadyMapped if another size has the Shopify variant."""
    products.get_product(shop, product)
    now = clock.now()
    row = Size(uuid=ids.new(), product_id=product, created_at=now, updated_at=now, **body.model_dump())
    answer = SizeRead.of(row)
    rows.add_unique_row(row, key, answer, partial(_stage_size_variant, row, body.shopify_variant_id))
    return answer


def list_sizes(shop: str, product: str) -> list[Size]:
    """Return the product's active sizes in their order. Raises ProductNotFound."""
    products.get_product(shop, product)
    return products.list_sizes(product)


def change_size(shop: str, product: str, size: str, body: SizeUpdate, version: datetime | None) -> Size:
    """Set the fields in the body; other fields stay. Raises SizeNotFound, VariantAlreadyMapped, VersionMismatch."""
    products.get_product(shop, product)
    row = products.get_size(product, size)
    if not row.is_active:
        raise SizeNotFound
    values = body.model_dump(exclude_unset=True)
    variant = values.get("shopify_variant_id", row.shopify_variant_id)
    if not rows.update_unique_row(row, values, version, partial(_stage_size_variant, row, variant)):
        raise SizeNotFound
    return row


def remove_size(shop: str, product: str, size: str) -> None:
    """Deactivate a size and release its Shopify variant; its row stays for past finals. Raises SizeNotFound."""
    products.get_product(shop, product)
    row = products.get_size(product, size)
    if not row.is_active:
        return  # another size may have claimed its variant
    rows.update_unique_row(row, {"is_active": False}, None, partial(_stage_size_variant, row, None))


def _stage_size_variant(row: Size, variant: str | None, transaction: Transaction) -> None:
    """Claim `variant` for the size, and release the variant that it had."""
    if row.shopify_variant_id and row.shopify_variant_id != variant:
        previous_key = products.variant_key("sizes", row.product_id, row.shopify_variant_id)
        unique_values.release(transaction, previous_key, row.uuid)
    if variant:
        key = products.variant_key("sizes", row.product_id, variant)
        unique_values.claim(transaction, key, row.uuid, VariantAlreadyMapped())


def put_product_style(shop: str, product: str, style: str, body: ProductStylePut) -> ProductStyle:
    """Offer a style on the product, or update the offer. Raises TooManyStyles above 99 styles."""
    products.get_product(shop, product)
    styles.get_style(shop, style)
    now, values = clock.now(), body.model_dump()
    row = ProductStyle(product_id=product, ai_style_id=style, created_at=now, updated_at=now, **values)
    products.put_product_style(shop, row, values)
    return row


def list_product_styles(shop: str, product: str) -> tuple[list[ProductStyle], datetime]:
    """Return the product's styles in their order, and when the list last changed. Raises ProductNotFound."""
    row, product_styles = products.get_product(shop, product), products.list_product_styles(product)
    return product_styles, products.styles_changed_at(row, product_styles)


def reorder_styles(
    shop: str, product: str, style_ids: list[str], version: datetime | None
) -> tuple[list[ProductStyle], datetime]:
    """Put all of the product's styles in this order. Raises OrderIncomplete, VersionMismatch."""
    products.reorder_styles(shop, product, style_ids, version)
    return list_product_styles(shop, product)


def put_link(shop: str, product: str, base: str, body: LinkPut) -> ProductProductBase:
    """Offer the product on a base, or update the offer. Raises ProductNotFound, BaseNotFound."""
    products.get_product(shop, product)
    bases.get_base(shop, base)
    now, values = clock.now(), body.model_dump()
    row = ProductProductBase(product_id=product, product_base_id=base, created_at=now, updated_at=now, **values)
    rows.put_row(row, values)
    return row


def list_links(shop: str, product: str) -> list[ProductProductBase]:
    """Return the bases that the product is offered on, in their order. Raises ProductNotFound."""
    products.get_product(shop, product)
    return products.list_links(product)


def put_mapping(shop: str, product: str, body: MappingPut) -> ProductBaseVariantMapping:
    """Map a Shopify variant of the product to a base variant, or remove the mapping.

    Raises ProductNotFound, BaseNotFound; VariantAlreadyMapped if the Shopify variant is mapped to another base variant.
    """
    products.get_product(shop, product)
    variant = bases.find_variant(shop, body.product_base_variant_id)
    if variant is None or (body.is_active and not variant.is_active):
        raise BaseNotFound
    now, pair = clock.now(), f"{body.product_base_variant_id}#{body.shopify_variant_id}"
    row = ProductBaseVariantMapping(
        product_id=product, variant_pair=pair, created_at=now, updated_at=now, **body.model_dump()
    )

    def stage_variant(transaction: Transaction) -> None:
        key = products.variant_key("product_base_variant_mappings", product, body.shopify_variant_id)
        if body.is_active:
            unique_values.claim(transaction, key, pair, VariantAlreadyMapped())
        elif unique_values.owner_of(key) == pair:
            unique_values.release(transaction, key, pair)

    rows.put_unique_row(row, {"is_active": body.is_active}, stage_variant)
    return row


def list_mappings(shop: str, product: str) -> list[ProductBaseVariantMapping]:
    """Return the product's active mappings, oldest first. Raises ProductNotFound."""
    products.get_product(shop, product)
    mappings = [row for row in products.list_mappings(product) if row.is_active]
    return sorted(mappings, key=lambda row: (row.created_at, row.variant_pair))
