"""Products, their sizes, the styles and bases that are offered on them, and what their variants are printed on.

Every answer is about the caller's own shop; another's ids are not found. `version` is the `updated_at` that a change
is of; ChangedMeanwhile is raised where the row has another by now.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from chalicelib.kit import clock, ids, unique_values
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction
from chalicelib.shops.schemas.orders import ProductDeleted, ProductUpdated
from chalicelib.studio.errors import BaseNotFound, ProductNotFound, SizeNotFound, VariantAlreadyMapped
from chalicelib.studio.models import Product, ProductBaseVariantMapping, ProductProductBase, ProductStyle, Size
from chalicelib.studio.repository import catalogue
from chalicelib.studio.repository.catalogue import Exists
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


def add_product(shop: str, asked: ProductCreate, key: Idempotency | None) -> ProductRead:
    """Enable a Shopify product; one that is there already is answered as it is."""
    uuid, now = catalogue.product_uuid(shop, asked.shopify_product_id), clock.now()
    present = catalogue.find_product(shop, uuid)
    if present is not None:
        answer = ProductRead.of(present)
        catalogue.remember(key, answer)
        return answer
    row = Product(
        shop_id=shop,
        uuid=uuid,
        shopify_product_id=asked.shopify_product_id,
        title=asked.title,
        created_at=now,
        updated_at=now,
    )
    answer = ProductRead.of(row)
    try:
        catalogue.add(row, key, answer)
    except Exists:  # by another request, at the same moment
        answer = ProductRead.of(catalogue.get_product(shop, uuid))
        catalogue.remember(key, answer)
    return answer


def list_products(shop: str, page: PageRequest) -> PageResult[Product]:
    return catalogue.list_products(shop, page)


def get_product(shop: str, product: str) -> Product:
    return catalogue.get_product(shop, product)


def change_product(shop: str, product: str, asked: ProductUpdate, version: datetime | None) -> Product:
    """Set what is given; the rest stays."""
    row = Product(shop, product)
    if not catalogue.change(row, asked.model_dump(exclude_unset=True), version):
        raise ProductNotFound
    return row


def follow(told: ProductUpdated | ProductDeleted) -> None:
    """Take over what Shopify says of a product that is here: its title, or that it is gone. The newest word stands."""
    if told.app == APP:
        values = {"title": told.title[:255]} if isinstance(told, ProductUpdated) else {"is_enabled": False}
        uuid = catalogue.product_uuid(told.shop, told.product_id)
        catalogue.follow(Product(told.shop, uuid), values, told.triggered_at)


def add_size(shop: str, product: str, asked: SizeCreate, key: Idempotency | None) -> SizeRead:
    """Raises VariantTaken where another size of the product has the Shopify variant."""
    catalogue.get_product(shop, product)
    now = clock.now()
    row = Size(uuid=ids.new(), product_id=product, created_at=now, updated_at=now, **asked.model_dump())
    answer = SizeRead.of(row)
    catalogue.add_keeping(row, key, answer, partial(_keep_size, row, asked.shopify_variant_id))
    return answer


def list_sizes(shop: str, product: str) -> list[Size]:
    catalogue.get_product(shop, product)
    return catalogue.list_sizes(product)


def change_size(shop: str, product: str, size: str, asked: SizeUpdate, version: datetime | None) -> Size:
    """Set what is given; the rest stays. Raises VariantTaken."""
    catalogue.get_product(shop, product)
    row = catalogue.get_size(product, size)
    if not row.is_active:
        raise SizeNotFound
    values = asked.model_dump(exclude_unset=True)
    wanted = values.get("shopify_variant_id", row.shopify_variant_id)
    if not catalogue.change_keeping(row, values, version, partial(_keep_size, row, wanted)):
        raise SizeNotFound
    return row


def remove_size(shop: str, product: str, size: str) -> None:
    """Softly: finals of earlier orders keep their history. Its Shopify variant is free again."""
    catalogue.get_product(shop, product)
    row = catalogue.get_size(product, size)
    if not row.is_active:
        return  # its variant may be another's by now
    catalogue.change_keeping(row, {"is_active": False}, None, partial(_keep_size, row, None))


def _keep_size(row: Size, wanted: str | None, transaction: Transaction) -> None:
    """Have the size hold the Shopify variant that it is to have, and no other."""
    if row.shopify_variant_id and row.shopify_variant_id != wanted:
        unique_values.release(
            transaction, catalogue.variant_guard("sizes", row.product_id, row.shopify_variant_id), row.uuid
        )
    if wanted:
        name = catalogue.variant_guard("sizes", row.product_id, wanted)
        unique_values.claim(transaction, name, row.uuid, VariantAlreadyMapped())


def put_product_style(shop: str, product: str, style: str, asked: ProductStylePut) -> ProductStyle:
    """Offer the style on the product, or change how. Raises TooManyStyles over 99."""
    catalogue.get_product(shop, product)
    catalogue.get_style(shop, style)
    now, values = clock.now(), asked.model_dump()
    row = ProductStyle(product_id=product, ai_style_id=style, created_at=now, updated_at=now, **values)
    catalogue.offer(shop, row, values)
    return row


def list_product_styles(shop: str, product: str) -> tuple[list[ProductStyle], datetime]:
    """In their order, and when they last changed."""
    row, styles = catalogue.get_product(shop, product), catalogue.list_product_styles(product)
    return styles, catalogue.styles_changed_at(row, styles)


def reorder_styles(
    shop: str, product: str, styles: list[str], version: datetime | None
) -> tuple[list[ProductStyle], datetime]:
    """Put all of the product's styles in this order, at once. Raises OrderIncomplete."""
    catalogue.reorder(shop, product, styles, version)
    return list_product_styles(shop, product)


def put_link(shop: str, product: str, base: str, asked: LinkPut) -> ProductProductBase:
    """Offer a base on the product, or change how."""
    catalogue.get_product(shop, product)
    catalogue.get_base(shop, base)
    now, values = clock.now(), asked.model_dump()
    row = ProductProductBase(product_id=product, product_base_id=base, created_at=now, updated_at=now, **values)
    catalogue.put(row, values)
    return row


def list_links(shop: str, product: str) -> list[ProductProductBase]:
    catalogue.get_product(shop, product)
    return catalogue.list_links(product)


def put_mapping(shop: str, product: str, asked: MappingPut) -> ProductBaseVariantMapping:
    """Say which base variant a Shopify variant of the product is printed on, or take it back.

    Raises VariantTaken where it is printed on another.
    """
    catalogue.get_product(shop, product)
    variant = catalogue.find_variant(shop, asked.product_base_variant_id)
    if variant is None or (asked.is_active and not variant.is_active):
        raise BaseNotFound
    now, pair = clock.now(), f"{asked.product_base_variant_id}#{asked.shopify_variant_id}"
    row = ProductBaseVariantMapping(
        product_id=product, variant_pair=pair, created_at=now, updated_at=now, **asked.model_dump()
    )

    def keep(transaction: Transaction) -> None:
        name = catalogue.variant_guard("product_base_variant_mappings", product, asked.shopify_variant_id)
        if asked.is_active:
            unique_values.claim(transaction, name, pair, VariantAlreadyMapped())
        elif unique_values.owner_of(name) == pair:
            unique_values.release(transaction, name, pair)

    catalogue.put_keeping(row, {"is_active": asked.is_active}, keep)
    return row


def list_mappings(shop: str, product: str) -> list[ProductBaseVariantMapping]:
    catalogue.get_product(shop, product)
    rows = [row for row in catalogue.list_mappings(product) if row.is_active]
    return sorted(rows, key=lambda row: (row.created_at, row.variant_pair))
