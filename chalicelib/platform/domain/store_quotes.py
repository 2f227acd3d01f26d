"""The quote of an order: prices, discounts and totals, in the currency's main unit with its decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.kit.minor_units import decimals_of, to_amount, to_minor_units
from chalicelib.platform.domain.store_discount_codes import DiscountCode, discount_lines, require_usable
from chalicelib.platform.domain.store_order_terms import Catalogue, OrderItem, OrderTerms, Product
from chalicelib.platform.domain.store_prices import Purchase, choose_price
from chalicelib.platform.domain.store_stock import StockLevel, StockLine, choose_locations
from chalicelib.platform.errors import InvalidOrder

AMOUNT_LIMIT = 10**15
"""Amounts are below this, in the main unit: the columns are numeric(19,4)."""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A line of an order. `total` is quantity x unit_price - discount_amount; no `location`: stock is not tracked."""

    product_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    discount_amount: Decimal
    total: Decimal
    location: str | None

    @property
    def stock(self) -> StockLine:
        return StockLine(self.product_id, self.quantity, self.location)


@dataclass(frozen=True, slots=True)
class Quote:
    """The amounts of an order. `total` is subtotal - discount_total + tax_total + shipping_total."""

    currency: str
    lines: tuple[QuoteLine, ...]
    subtotal: Decimal
    discount_total: Decimal
    tax_total: Decimal
    shipping_total: Decimal
    total: Decimal
    discount_id: str | None


@dataclass(frozen=True, slots=True)
class _PricedItem:
    """An item with its product and the price of one unit, in minor units."""

    item: OrderItem
    product: Product
    unit: int

    @property
    def amount(self) -> int:
        return self.unit * self.item.quantity


def compose_quote(terms: OrderTerms, catalogue: Catalogue) -> Quote:
    """Return the quote of an order: with a line for each item, in their order.

    Raises InvalidOrder (unknown SKU, no price, too many decimals, a total that is too large), InvalidDiscountCode,
    DiscountCodeUsedUp, OutOfStock.
    """
    decimals = decimals_of(terms.currency)
    extras = _extras(terms, decimals)
    priced = _priced_items(terms, catalogue.products)
    amounts = [each.amount for each in priced]
    code = _usable_code(terms, catalogue.code, to_amount(sum(amounts), decimals))
    discounts = discount_lines(code, amounts, terms.currency) if code else [0] * len(amounts)
    total = sum(amounts) - sum(discounts) + sum(extras)
    if max(sum(amounts), total) >= AMOUNT_LIMIT * 10**decimals:
        raise InvalidOrder("The order's total is too large.")
    return Quote(
        currency=terms.currency,
        lines=_quote_lines(priced, discounts, _locations(priced, catalogue.levels), decimals),
        subtotal=to_amount(sum(amounts), decimals),
        discount_total=to_amount(sum(discounts), decimals),
        tax_total=to_amount(extras[0], decimals),
        shipping_total=to_amount(extras[1], decimals),
        total=to_amount(total, decimals),
        discount_id=code.id if code else None,
    )


def _extras(terms: OrderTerms, decimals: int) -> tuple[int, int]:
    """Return the totals of tax and shipping in minor units. Raises InvalidOrder if one has more decimals."""
    units = []
    for name, amount in (("tax_total", terms.tax_total), ("shipping_total", terms.shipping_total)):
        minor = to_minor_units(amount, decimals)
        if to_amount(minor, decimals) != amount:
            raise _invalid({f"body.{name}": f"at most {decimals} decimals in {terms.currency}"})
        units.append(minor)
    return units[0], units[1]


def _priced_items(terms: OrderTerms, products: Mapping[str, Product]) -> list[_PricedItem]:
    """Return the items with their products and prices. Raises InvalidOrder, which names each item that has none."""
    priced, errors = [], {}
    for position, item in enumerate(terms.items):
        product = products.get(item.sku)
        if product is None or not product.is_sold:
            errors[f"body.items.{position}.sku"] = "no active product has this SKU"
            continue
        price = choose_price(
            product.prices, Purchase(terms.currency, item.quantity, terms.moment, terms.customer_group)
        )
        if price is None:
            errors[f"body.items.{position}.sku"] = f"no price in {terms.currency} holds for this quantity now"
            continue
        priced.append(_PricedItem(item, product, to_minor_units(price.amount, decimals_of(terms.currency))))
    if errors:
        raise _invalid(errors)
    return priced


def _usable_code(terms: OrderTerms, code: DiscountCode | None, subtotal: Decimal) -> DiscountCode | None:
    return require_usable(code, subtotal, terms.currency, terms.moment) if terms.has_code else None


def _locations(priced: Sequence[_PricedItem], levels: Sequence[StockLevel]) -> list[str | None]:
    return choose_locations(
        [StockLine(each.product.id, each.item.quantity, each.item.location) for each in priced], levels
    )


def _quote_lines(
    priced: Sequence[_PricedItem], discounts: Sequence[int], locations: Sequence[str | None], decimals: int
) -> tuple[QuoteLine, ...]:
    return tuple(
        QuoteLine(
            product_id=each.product.id,
            sku=each.product.sku,
            name=each.product.name,
            quantity=each.item.quantity,
            unit_price=to_amount(each.unit, decimals),
            discount_amount=to_amount(discount, decimals),
            total=to_amount(each.amount - discount, decimals),
            location=location,
        )
        for each, discount, location in zip(priced, discounts, locations, strict=True)
    )


def _invalid(errors: Mapping[str, str]) -> InvalidOrder:
    path, message = next(iter(errors.items()))
    return InvalidOrder(
        f"{path}: {message}", errors=[{"path": path, "message": message} for path, message in errors.items()]
    )
