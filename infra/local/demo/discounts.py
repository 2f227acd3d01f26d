"""Demo steps: prices of two SKUs become savings in a cart, a paid order with a refunded line, and the dashboard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.local.demo.world import World, Wrong, eventually

APP = "discounts"


@dataclass(frozen=True, slots=True)
class Item:
    """Units of a variant in the cart, with the list price and the set price of one unit in the shop's currency."""

    variant: int
    sku: str
    units: int
    list_price: Decimal
    set_price: Decimal

    @property
    def saved(self) -> Decimal:
        return self.units * (self.list_price - self.set_price)

    @property
    def paid(self) -> Decimal:
        return self.units * self.set_price


KEPT = Item(41_001, "PORTRAIT-8X10", 2, Decimal("39.00"), Decimal("31.50"))
RETURNED = Item(42_001, "POSTER-A3", 3, Decimal("29.00"), Decimal("24.65"))
"""Two of the sandbox's sample products. The line with the second is refunded."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the dashboard shows of one order."""

    uses: int
    saved: Decimal
    revenue: Decimal
    orders: int = 1

    def __str__(self) -> str:
        uses = "1 use" if self.uses == 1 else f"{self.uses} uses"
        orders = "1 order" if self.orders == 1 else f"{self.orders} orders"
        return f"{orders}, {uses}, shoppers saved {self.saved:.2f} and paid {self.revenue:.2f}"


def expect(items: Sequence[Item]) -> Totals:
    """Return the totals of an order with these lines: each is one use."""
    saved, paid = (sum((getattr(item, name) for item in items), Decimal(0)) for name in ("saved", "paid"))
    return Totals(len(items), saved, paid)


class Discounts:
    """The discounts of one shop, its merchant and a shopper."""

    def __init__(self, world: World, shop: str) -> None:
        self.world, self.shop = world, shop
        self.order: dict[str, Any] = {}

    def set_prices(self) -> str:
        """Create a discount with a fixed price for each SKU and wait until Shopify has it. Raises Wrong if it fails."""
        override = {"value_type": "fixed_price", "value": str(RETURNED.set_price)}
        body = {
            "title": "Demo prices",
            "value_type": "fixed_price",
            "value": str(KEPT.set_price),
            "skus": [KEPT.sku, RETURNED.sku],
            "overrides": {RETURNED.sku: override},
        }
        path = f"discounts/{self._merchant('POST', 'discounts', body, 201)['discount_id']}"

        def ended() -> Any:
            read = self._merchant("GET", path)
            return read if read["publication"] != "pending" else None

        read = eventually(ended, "the discount published by the job")
        if read["publication"] != "published":
            raise Wrong(f"the discount is {read['publication']}: {read['publication_error']}")
        return ", ".join(f"{item.sku} {item.set_price} instead of {item.list_price}" for item in (KEPT, RETURNED))

    def fill_cart(self) -> str:
        """Put both items into the cart of the storefront. Raises Wrong if a line does not have its set price."""
        items = [{"id": item.variant, "quantity": item.units} for item in (KEPT, RETURNED)]
        self._storefront("POST", "cart/add.js", {"items": items})
        cart = json.loads(self._storefront("GET", "cart.js"))
        prices = [Decimal(line["final_line_price"]) / 100 for line in cart["items"]]
        if prices != [KEPT.paid, RETURNED.paid]:
            raise Wrong(f"the lines of the cart cost {', '.join(map(str, prices))}")
        before, after = (Decimal(cart[name]) / 100 for name in ("original_total_price", "total_price"))
        return f"{cart['item_count']} items cost {after:.2f} instead of {before:.2f}"

    def pay(self) -> str:
        """Pay the cart and wait until the order is counted. Raises Wrong if its figures differ from the cart's."""
        self._storefront("POST", "cart/pay")
        self.order = self._find_order()
        return self._await_day(expect([KEPT, RETURNED]))

    def refund(self) -> str:
        """Refund a line and wait until the refund is counted. Raises Wrong if the other line's figures do not remain."""
        [line] = [line for line in self.order["line_items"] if line["sku"] == RETURNED.sku]
        path = f"orders/{self.order['id']}/refund"
        told = self.world.sandbox(self.world.shopify, path, shop=self.shop, lines={line["id"]: RETURNED.units})
        amount = told["payload"]["transactions"][0]["amount"]
        return f"{amount} refunded; what remains: {self._await_day(expect([KEPT]))}"

    def read_dashboard(self) -> str:
        """Read the dashboard, once because it is cached. Raises Wrong if a number differs from the expected one."""
        read = self._merchant("GET", "dashboard")
        shown = Totals(
            read["total_uses"],
            Decimal(read["total_savings"]),
            Decimal(read["revenue_after_discount"]),
            read["orders"],
        )
        if shown != expect([KEPT]):
            raise Wrong(f"the dashboard shows {shown}; expected are {expect([KEPT])}")
        return f"{shown} {read['currency']}"

    def _await_day(self, expected: Totals) -> str:
        """Wait until the day has the expected number of uses. Raises Wrong if its other figures are not as expected."""
        shown = eventually(lambda: self._counted_day(expected.uses), "the order counted by the job")
        if shown != expected:
            raise Wrong(f"the day has {shown}; expected are {expected}")
        return str(shown)

    def _counted_day(self, uses: int) -> Totals | None:
        """Return the day's figures; None while they have another number of uses, or a journal is not written yet."""
        from chalicelib.discounts.models import UsageJournal

        days = self._merchant("GET", "figures/days")["items"]
        if not days or days[0]["total_discounts_used"] != uses:
            return None
        if UsageJournal.get(self.shop, consistent_read=True).open_key is not None:
            return None
        saved, revenue = (Decimal(days[0][name]) for name in ("total_savings", "total_revenue_impact"))
        return Totals(uses, saved, revenue, days[0]["orders_with_discount"])

    def _find_order(self) -> dict[str, Any]:
        """Return the order of the shop's newest delivered webhook."""
        sent = self.world.shopify.get("/sandbox/deliveries").json()["deliveries"]
        orders = [each for each in sent if each["topic"] == "orders/paid" and self.shop in each["headers"].values()]
        order: dict[str, Any] = json.loads(orders[-1]["body"])
        return order

    def _merchant(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        return self.world.merchant(APP, self.shop).request(method, f"/v1/discounts/{path}", body, expect)

    def _storefront(self, method: str, path: str, body: Any = None) -> bytes:
        answer = self.world.shopify.request(method, f"/{self.shop}/{path}", json=body)
        if answer.status_code != 200:
            raise Wrong(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.content
