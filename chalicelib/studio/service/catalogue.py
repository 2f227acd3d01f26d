"""What merchants set up. Every answer is about their own shop; another's ids are not found."""

from __future__ import annotations

from chalicelib.kit import clock, ids
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pages import PageRequest, Slice
from chalicelib.studio.errors import BaseNotFound, ProductNotFound, SizeNotFound, StyleNotFound
from chalicelib.studio.models import (
    AiStyle,
    Product,
    ProductBase,
    ProductBaseVariant,
    ProductBaseVariantMapping,
    ProductStyle,
    Size,
)
from chalicelib.studio.repository import catalogue
from chalicelib.studio.schemas.merchant import (
    BaseCreate,
    BaseRead,
    BaseVariantCreate,
    BaseVariantRead,
    MappingPut,
    ProductCreate,
    ProductRead,
    ProductStylePut,
    ProductUpdate,
    SizeCreate,
    SizeRead,
    StyleCreate,
    StyleRead,
    StyleUpdate,
)


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
    catalogue.add(row, key, answer)
    return answer


def list_products(shop: str, page: PageRequest) -> Slice[Product]:
    return catalogue.list_products(shop, page)


def get_product(shop: str, product: str) -> Product:
    return catalogue.get_product(shop, product)


def change_product(shop: str, product: str, asked: ProductUpdate) -> Product:
    """Set what is given; the rest stays."""
    row = Product(shop, product)
    if not catalogue.change(row, asked.model_dump(exclude_none=True)):
        raise ProductNotFound
    return row


def add_size(shop: str, product: str, asked: SizeCreate, key: Idempotency | None) -> SizeRead:
    catalogue.get_product(shop, product)
    now = clock.now()
    row = Size(uuid=ids.new(), product_id=product, created_at=now, updated_at=now, **asked.model_dump())
    answer = SizeRead.of(row)
    catalogue.add(row, key, answer)
    return answer


def list_sizes(shop: str, product: str) -> list[Size]:
    catalogue.get_product(shop, product)
    return catalogue.list_sizes(product)


def remove_size(shop: str, product: str, size: str) -> None:
    """Softly: finals of earlier orders keep their history."""
    catalogue.get_product(shop, product)
    if not catalogue.change(Size(product, size), {"is_active": False}):
        raise SizeNotFound


def add_style(shop: str, asked: StyleCreate, key: Idempotency | None) -> StyleRead:
    now = clock.now()
    row = AiStyle(uuid=ids.new(), shop_id=shop, created_at=now, updated_at=now, **asked.model_dump())
    answer = StyleRead.of(row)
    catalogue.add(row, key, answer)
    return answer


def list_styles(shop: str) -> list[AiStyle]:
    return catalogue.list_styles(shop)


def get_style(shop: str, style: str) -> AiStyle:
    return catalogue.get_style(shop, style)


def change_style(shop: str, style: str, asked: StyleUpdate) -> AiStyle:
    """Set what is given; the rest, and how often the style was used, stays."""
    row = AiStyle(shop, style)
    if not catalogue.change(row, asked.model_dump(exclude_none=True)):
        raise StyleNotFound
    return row


def remove_style(shop: str, style: str) -> None:
    """Softly: generations that used it keep their history."""
    if not catalogue.change(AiStyle(shop, style), {"is_active": False}):
        raise StyleNotFound


def put_product_style(shop: str, product: str, style: str, asked: ProductStylePut) -> ProductStyle:
    """Offer the style on the product, or change how. Raises TooManyStyles over 99."""
    catalogue.get_product(shop, product)
    catalogue.get_style(shop, style)
    now, values = clock.now(), asked.model_dump()
    row = ProductStyle(product_id=product, ai_style_id=style, created_at=now, updated_at=now, **values)
    catalogue.offer(shop, row, values)
    return row


def list_product_styles(shop: str, product: str) -> list[ProductStyle]:
    catalogue.get_product(shop, product)
    return catalogue.list_product_styles(product)


def add_base(shop: str, asked: BaseCreate, key: Idempotency | None) -> BaseRead:
    now = clock.now()
    row = ProductBase(uuid=ids.new(), shop_id=shop, created_at=now, updated_at=now, **asked.model_dump())
    answer = BaseRead.of(row)
    catalogue.add(row, key, answer)
    return answer


def add_variant(shop: str, base: str, asked: BaseVariantCreate, key: Idempotency | None) -> BaseVariantRead:
    catalogue.get_base(shop, base)
    now = clock.now()
    row = ProductBaseVariant(
        uuid=ids.new(), product_base_id=base, shop_id=shop, created_at=now, updated_at=now, **asked.model_dump()
    )
    answer = BaseVariantRead.of(row)
    catalogue.add(row, key, answer)
    return answer


def put_mapping(shop: str, product: str, asked: MappingPut) -> ProductBaseVariantMapping:
    """Say which base variant a Shopify variant of the product is printed on."""
    catalogue.get_product(shop, product)
    if catalogue.find_variant(shop, asked.product_base_variant_id) is None:
        raise BaseNotFound
    now = clock.now()
    row = ProductBaseVariantMapping(
        product_id=product,
        variant_pair=f"{asked.product_base_variant_id}#{asked.shopify_variant_id}",
        created_at=now,
        updated_at=now,
        **asked.model_dump(),
    )
    catalogue.put(row, {"is_active": asked.is_active})
    return row
