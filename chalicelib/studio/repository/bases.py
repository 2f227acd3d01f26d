"""Product bases and their variants. A base of another shop is never found."""

from __future__ import annotations

from chalicelib.studio.errors import BaseNotFound
from chalicelib.studio.models import ProductBase, ProductBaseVariant
from chalicelib.studio.repository import rows


def list_bases(shop: str) -> list[ProductBase]:
    """Return the shop's active bases in their order."""
    return rows.sort_rows(base for base in ProductBase.query(shop, consistent_read=True) if base.is_active)


def get_base(shop: str, base: str) -> ProductBase:
    """Return the shop's base, removed ones too. Raises BaseNotFound."""
    return rows.get_row(ProductBase, BaseNotFound(), shop, base)


def list_variants(shop: str, base: str) -> list[ProductBaseVariant]:
    """Return the base's active variants in their order."""
    variants = ProductBaseVariant.by_product_base_id.query(base)
    return rows.sort_rows(row for row in variants if row.shop_id == shop and row.is_active)


def find_variant(shop: str, variant: str) -> ProductBaseVariant | None:
    """Return the shop's variant of any base, or None."""
    row = rows.find_row(ProductBaseVariant, variant)
    return row if row and row.shop_id == shop else None
