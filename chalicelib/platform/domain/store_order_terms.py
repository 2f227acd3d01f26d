"""What an order is requested with, and what the store's database knows about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.platform.domain.store_discount_codes import DiscountCode
from chalicelib.platform.domain.store_prices import Price
from chalicelib.platform.domain.store_stock import StockLevel


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A requested line: pieces of a product by its SKU, from a location or wherever there are enough."""

    sku: str
    quantity: int
    location: str | None = None


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What an order is requested with. `has_code`: a discount code was given."""

    currency: str
    items: tuple[OrderItem, ...]
    moment: datetime
    customer_group: str | None = None
    tax_total: Decimal = Decimal(0)
    shipping_total: Decimal = Decimal(0)
    has_code: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A product with its prices. `is_sold`: it is active."""

    id: str
    sku: str
    name: str
    is_sold: bool
    prices: tuple[Price, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the store's database knows about the requested items: products by SKU, stock and the discount code."""

    products: Mapping[str, Product]
    levels: Sequence[StockLevel] = ()
    code: DiscountCode | None = None
