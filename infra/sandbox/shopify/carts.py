"""Carts of the storefront: items, codes and attributes, their discounts, and the order that is paid from them.

Source: https://shopify.dev/docs/api/ajax/reference/cart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chalicelib.discounts.domain.evaluation import Cart, CartLine
from infra.sandbox.server import Json
from infra.sandbox.shopify.cart_discounts import CartDiscounts, Redeemer, discount_cart
from infra.sandbox.shopify.orders import DEFAULT_PRICE

MARK = "_backroom_ab"
"""The cart attribute that the function's query asks for."""
PRODUCT = 8001
"""The product of a variant that the shop does not list."""


@dataclass(slots=True)
class ShopCart:
    """What a shopper put into the cart of a shop."""

    items: list[Json] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Return the number of units."""
        return sum(item["quantity"] for item in self.items)

    def update(self, fields: Json) -> None:
        """Change attributes and codes as `/cart/update.js` does; an empty value removes an attribute."""
        changes = fields.get("attributes", {})
        changes |= {
            name[len("attributes[") : -1]: value for name, value in fields.items() if name.startswith("attributes[")
        }
        merged = {**self.attributes, **{name: str(value or "") for name, value in changes.items()}}
        self.attributes = {name: value for name, value in merged.items() if value}
        if "discount" in fields:
            self.codes = [code.strip() for code in str(fields["discount"]).split(",") if code.strip()]


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of the cart with its product, and its discounts as pairs of an application's index and an amount."""

    item: Json
    variant: Json
    discounts: Sequence[tuple[int, str]] = ()

    @property
    def before(self) -> Decimal:
        """Return the price of all units without discounts."""
        return Decimal(self.variant["price"]) * int(self.item["quantity"])

    @property
    def after(self) -> Decimal:
        """Return the price of all units less the discounts."""
        return self.before - sum((Decimal(amount) for _, amount in self.discounts), Decimal(0))


@dataclass(frozen=True, slots=True)
class PricedCart:
    """A cart with its prices and discounts in the shop's currency."""

    cart: ShopCart
    currency: str
    lines: Sequence[PricedLine]
    discounts: CartDiscounts

    def to_json(self) -> Json:
        """Return the response of `/cart.js`; amounts are in minor units of two decimals."""
        before, after = (sum((getattr(line, name) for line in self.lines), Decimal(0)) for name in ("before", "after"))
        return {
            "attributes": self.cart.attributes,
            "currency": self.currency,
            "item_count": self.cart.count,
            "items": [self._item(line) for line in self.lines],
            "discount_codes": [
                {
                    "code": code,
                    "applicable": any(code.casefold() == each["code"].casefold() for each in self.discounts.codes),
                }
                for code in self.cart.codes
            ],
            "original_total_price": _cents(before),
            "total_discount": _cents(before - after),
            "total_price": _cents(after),
        }

    def order_lines(self) -> list[Json]:
        """Return the lines as `build_paid_order` takes them."""
        return [
            {
                "product_id": PRODUCT,
                **line.variant,
                "variant_id": line.item["id"],
                "quantity": line.item["quantity"],
                "properties": line.item.get("properties"),
                "discounts": line.discounts,
            }
            for line in self.lines
        ]

    def order_fields(self) -> Json:
        """Return the order's fields about its discounts, and its attributes."""
        return {
            "discount_applications": self.discounts.applications,
            "discount_codes": self.discounts.codes,
            "note_attributes": [{"name": name, "value": value} for name, value in self.cart.attributes.items()],
        }

    def _item(self, line: PricedLine) -> Json:
        return {
            "id": line.item["id"],
            "variant_id": line.item["id"],
            "sku": line.variant.get("sku"),
            "quantity": line.item["quantity"],
            "properties": line.item.get("properties") or {},
            "price": _cents(Decimal(line.variant["price"])),
            "original_line_price": _cents(line.before),
            "final_line_price": _cents(line.after),
            "line_level_discount_allocations": [
                {"amount": _cents(Decimal(amount)), "discount_application": self.discounts.applications[index]}
                for index, amount in line.discounts
            ],
        }


@dataclass(frozen=True, slots=True)
class ShopPrices:
    """What a shop sells and gives: variants by id, discounts, currency, and the UTC time of now."""

    variants: dict[int, Json]
    discounts: Sequence[Json]
    currency: str
    now: str


def price_cart(cart: ShopCart, prices: ShopPrices, redeemer: Redeemer) -> PricedCart:
    """Return the cart with its prices and discounts."""
    variants = [_variant(prices.variants, item["id"]) for item in cart.items]
    lines = [
        CartLine(
            line_id=f"gid://shopify/CartLine/{index}",
            quantity=item["quantity"],
            price=Decimal(variant["price"]),
            sku=variant.get("sku"),
            variant_id=str(item["id"]),
        )
        for index, (item, variant) in enumerate(zip(cart.items, variants, strict=True))
    ]
    function_cart = Cart(lines, prices.currency, mark=cart.attributes.get(MARK))
    discounts = discount_cart(prices.discounts, function_cart, redeemer, prices.now)
    priced = [
        PricedLine(item, variant, allocations)
        for item, variant, allocations in zip(cart.items, variants, discounts.allocations, strict=True)
    ]
    return PricedCart(cart, prices.currency, priced, discounts)


def variants_of(products: Sequence[Json]) -> dict[int, Json]:
    """Return product, title, SKU and price of all variants, by variant id."""
    return {
        variant["id"]: {
            "product_id": product["id"],
            "title": f"{product['title']}, {variant['title']}",
            "sku": variant["sku"] or "",
            "price": variant["price"],
        }
        for product in products
        for variant in product["variants"]
    }


def _variant(variants: dict[int, Json], variant_id: int) -> dict[str, Any]:
    return variants.get(variant_id) or {"title": f"variant {variant_id}", "price": DEFAULT_PRICE}


def _cents(amount: Decimal) -> int:
    return int(amount * 100)
