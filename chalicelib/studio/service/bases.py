"""Product bases to print on, and the variants that combine their options."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock, ids
from chalicelib.kit.idempotency import Idempotency
from chalicelib.studio.errors import BaseNotFound
from chalicelib.studio.models import ProductBase, ProductBaseVariant
from chalicelib.studio.repository import bases, rows
from chalicelib.studio.schemas.catalogue import (
    BaseCreate,
    BaseRead,
    BaseUpdate,
    BaseVariantCreate,
    BaseVariantRead,
    BaseVariantUpdate,
)


def add_base(shop: str, body: BaseCreate, key: Idempotency | None) -> BaseRead:
    """Create a product base."""
    now = clock.now()
    row = ProductBase(uuid=ids.new(), shop_id=shop, created_at=now, updated_at=now, **body.model_dump())
    answer = BaseRead.of(row)
    rows.add(row, key, answer)
    return answer


def list_bases(shop: str) -> list[ProductBase]:
    """Return the shop's active bases in their order."""
    return bases.list_bases(shop)


def get_base(shop: str, base: str) -> ProductBase:
    """Return the shop's base. Raises BaseNotFound."""
    return bases.get_base(shop, base)


def change_base(shop: str, base: str, body: BaseUpdate, version: datetime | None) -> ProductBase:
    """Set the fields in the body; other fields stay. Raises BaseNotFound, VersionMismatch."""
    row = ProductBase(shop, base)
    if not rows.update_row(row, body.model_dump(exclude_unset=True), version):
        raise BaseNotFound
    return row


def remove_base(shop: str, base: str) -> None:
    """Deactivate a base; its row stays for past finals. Raises BaseNotFound."""
    if not rows.update_row(ProductBase(shop, base), {"is_active": False}):
        raise BaseNotFound


def add_variant(shop: str, base: str, body: BaseVariantCreate, key: Idempotency | None) -> BaseVariantRead:
    """Create a variant of a base. Raises BaseNotFound."""
    bases.get_base(shop, base)
    now = clock.now()
    row = ProductBaseVariant(
        uuid=ids.new(), product_base_id=base, shop_id=shop, created_at=now, updated_at=now, **body.model_dump()
    )
    answer = BaseVariantRead.of(row)
    rows.add(row, key, answer)
    return answer


def list_variants(shop: str, base: str) -> list[ProductBaseVariant]:
    """Return the base's active variants in their order. Raises BaseNotFound."""
    bases.get_base(shop, base)
    return bases.list_variants(shop, base)


def change_variant(
    shop: str, base: str, variant: str, body: BaseVariantUpdate, version: datetime | None
) -> ProductBaseVariant:
    """Set the fields in the body; other fields stay. Raises BaseNotFound, VersionMismatch."""
    row = _get_variant(shop, base, variant)
    if not rows.update_row(row, body.model_dump(exclude_unset=True), version):
        raise BaseNotFound
    return row


def remove_variant(shop: str, base: str, variant: str) -> None:
    """Deactivate a variant. Products mapped to it are then printed at their own size. Raises BaseNotFound."""
    rows.update_row(_get_variant(shop, base, variant), {"is_active": False})


def _get_variant(shop: str, base: str, variant: str) -> ProductBaseVariant:
    row = bases.find_variant(shop, variant)
    if row is None or row.product_base_id != base:
        raise BaseNotFound
    return row
