"""From a merchant's discount to the shopper's cart, the paid order and its usage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.discounts.models import DiscountUsage
from tests.discounts.merchants import DiscountShop, Json

MUG, BOWL = 501, 502
PRICES = {"MUG": "20.00", "BOWL": "35.00"}


@pytest.fixture
def storefront(discount_shop: DiscountShop) -> DiscountShop:
    """A shop that sells a mug and a bowl."""
    variants = [
        {"id": MUG, "sku": "MUG", "title": "Mug", "price": PRICES["MUG"]},
        {"id": BOWL, "sku": "BOWL", "title": "Bowl", "price": PRICES["BOWL"]},
    ]
    discount_shop.shopify.product(discount_shop.shop, 5, "Crockery", variants)
    return discount_shop


def fill(shop: DiscountShop, *items: tuple[int, int]) -> Json:
    """Put variants and quantities into the cart, and return it with its discounts."""
    body = {"items": [{"id": variant, "quantity": quantity} for variant, quantity in items]}
    assert httpx2.post(f"{shop.shopify.url}/{shop.shop}/cart/add.js", json=body).status_code == 200
    return enter(shop)


def enter(shop: DiscountShop, **fields: Any) -> Json:
    """Enter discount codes or attributes in the cart, and return it with its discounts."""
    cart: Json = httpx2.post(f"{shop.shopify.url}/{shop.shop}/cart/update.js", json=fields).json()
    return cart


def pay(shop: DiscountShop) -> Json:
    """Pay the cart and let the jobs run; return the order."""
    assert httpx2.post(f"{shop.shopify.url}/{shop.shop}/cart/pay").status_code == 200
    assert shop.drain() == []
    order: Json = shop.shopify.list_orders(shop.shop)[-1]
    return order


def usage(shop: DiscountShop) -> dict[str, tuple[int, int, str]]:
    """Return uses, units and discount amount by SKU."""
    rows = DiscountUsage.query(shop.shop, consistent_read=True)
    return {row.sku: (row.times_used, row.units, str(row.discount_amount)) for row in rows}


def test_a_price_is_seen_in_the_cart_and_counted_from_the_order(storefront: DiscountShop) -> None:
    storefront.add(title="Mugs", skus=["MUG"], value_type="fixed_price", value="15.50")
    assert storefront.drain() == []
    cart = fill(storefront, (MUG, 2), (BOWL, 1))
    assert [item["final_line_price"] for item in cart["items"]] == [3100, 3500]
    order = pay(storefront)
    assert order["total_discounts"] == "9.00"
    assert usage(storefront) == {"MUG": (1, 2, "9")}

    shop, line = storefront.shop, order["line_items"][0]["id"]
    refund = storefront.shopify.refund_order(shop, order["id"], {line: 1})
    storefront.shopify.emit(shop, "refunds/create", refund)
    assert storefront.drain() == []
    assert usage(storefront) == {"MUG": (1, 1, "4.5")}


def test_the_preview_is_what_the_cart_shows(storefront: DiscountShop) -> None:
    both = {"product": True}
    storefront.add(title="Ten", skus=["MUG", "BOWL"], value="10", combines_with=both)
    storefront.add(title="Bowls", skus=["BOWL"], value="12.5", discount_code="BOWLS", combines_with=both)
    storefront.add(title="Alone", skus=["MUG"], value_type="fixed_amount", value="3")
    assert storefront.drain() == []
    fill(storefront, (MUG, 2), (BOWL, 1))
    lines = [
        {"sku": "MUG", "quantity": 2, "unit_price": PRICES["MUG"]},
        {"sku": "BOWL", "quantity": 1, "unit_price": PRICES["BOWL"]},
    ]
    for codes, total in (([], 750), (["bowls"], 838)):
        cart = enter(storefront, discount=",".join(codes))
        preview = storefront.merchant("POST", "preview", {"codes": codes, "lines": lines}).json()
        assert [Decimal(line["after"]) * 100 for line in preview["lines"]] == [
            item["final_line_price"] for item in cart["items"]
        ]
        assert cart["total_discount"] == total

    pay(storefront)
    assert usage(storefront) == {"MUG": (1, 2, "4"), "BOWL": (1, 1, "4.38")}


def test_a_paused_discount_leaves_the_cart(storefront: DiscountShop) -> None:
    discount = storefront.add(title="Mugs", skus=["MUG"])
    assert storefront.drain() == []
    assert fill(storefront, (MUG, 1))["total_discount"] == 200
    storefront.changed(discount, is_active=False)
    assert storefront.drain() == []
    assert fill(storefront, (BOWL, 1))["total_discount"] == 0
