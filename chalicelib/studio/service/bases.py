"""What products are printed on: bases and the combinations of their options."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock, ids
from chalicelib.kit.idempotency import Idempotency
from chalicelib.studio.errors import BaseNotFound
from chalicelib.studio.models import ProductBase, ProductBaseVariant
from chalicelib.studio.repository import catalogue
from chalicelib.studio.schemas.catalogue import (
    BaseCreate,
    BaseRead,
    BaseUpdate,
    BaseVariantCreate,
    BaseVariantRead,
    BaseVariantUpdate,
)


def add_base(shop: str, asked: BaseCreate, key: Idempotency | None) -> BaseRead:
    now = clock.now()
    row = ProductBase(uuid=ids.new(), shop_id=shop, created_at=now, updated_at=now, **asked.model_dump())
    answer = BaseRead.of(row)
    catalogue.add(row, key, answer)
    return answer


def list_bases(shop: str) -> list[ProductBase]:
    return catalogue.list_bases(shop)


def get_base(shop: str, base: str) -> ProductBase:
    return catalogue.get_base(shop, base)


def change_base(shop: str, base: str, asked: BaseUpdate, version: datetime | None) -> ProductBase:
    """Set what is given; the rest stays. Raises BaseNotFound, ChangedMeanwhile."""
    row = ProductBase(shop, base)
    if not catalogue.change(row, asked.model_dump(exclude_unset=True), version):
        raise BaseNotFound
    return row


def remove_base(shop: str, base: str) -> None:
    """Softly: finals that were printed on it keep their history."""
    if not catalogue.change(ProductBase(shop, base), {"is_active": False}):
        raise BaseNotFound


def add_variant(shop: str, base: str, asked: BaseVariantCreate, key: Idempotency | None) -> BaseVariantRead:
    catalogue.get_base(shop, base)
    now = clock.now()
    row = ProductBaseVariant(
        uuid=ids.new(), product_base_id=base, shop_id=shop, created_at=now, updated_at=now, **asked.model_dump()
    )
    answer = BaseVariantRead.of(row)
    catalogue.add(row, key, answer)
    return answer


def list_variants(shop: str, base: str) -> list[ProductBaseVariant]:
    catalogue.get_base(shop, base)
    return catalogue.list_variants(shop, base)


def change_variant(
    shop: str, base: str, variant: str, asked: BaseVariantUpdate, version: datetime | None
) -> ProductBaseVariant:
    """Set what is given; the rest stays. Raises BaseNotFound, ChangedMeanwhile."""
    row = _of(shop, base, variant)
    if not catalogue.change(row, asked.model_dump(exclude_unset=True), version):
        raise BaseNotFound
    return row


def remove_variant(shop: str, base: str, variant: str) -> None:
    """Softly: what is mapped to it is printed in its product's size from then on."""
    catalogue.change(_of(shop, base, variant), {"is_active": False})


def _of(shop: str, base: str, variant: str) -> ProductBaseVariant:
    row = catalogue.find_variant(shop, variant)
    if row is None or row.product_base_id != base:
        raise BaseNotFound
    return row
