"""The actions of shoppers and merchants in their shops.

Each action returns the payload of its webhook and does not send it.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from infra.sandbox.server import Json
from infra.sandbox.shopify import order_changes, renames, tokens
from infra.sandbox.shopify.apps import App, new_shop, shop_payload
from infra.sandbox.shopify.order_changes import LineQuantities
from infra.sandbox.shopify.orders import build_paid_order, numeric_id
from infra.sandbox.shopify.payloads import privacy_payload, product_payload, scopes_payload
from infra.sandbox.shopify.sample_products import SAMPLE_PRODUCTS
from infra.sandbox.state import State


class Shops:
    """All shops; a shop with a valid domain needs no setup. Timestamps are in UTC, from the clock."""

    def __init__(self, state: State, apps: Mapping[str, App], clock: Callable[[], float]) -> None:
        self._state, self._clock = state, clock
        self.apps = dict(apps)

    def paid_order(
        self,
        shop: str,
        lines: Sequence[Mapping[str, Any]],
        *,
        customer_id: int | str | None = None,
        currency: str = "USD",
        **fields: Any,
    ) -> Json:
        """Create a paid order and return the payload of orders/paid. Lines are as in `build_paid_order`.

        `fields` replace those of the payload, e.g. `note_attributes` and `discount_applications`.
        """
        with self._state.change() as data:
            placed_at = datetime.fromtimestamp(self._clock(), UTC)
            number = len(data["orders"]) + 1
            order = build_paid_order(
                shop, number, lines, customer_id=customer_id, currency=currency, placed_at=placed_at
            )
            order |= fields
            data["orders"][order["admin_graphql_api_id"]] = {"shop": shop, "payload": order, "edited": False}
            return deepcopy(order)

    def order(self, shop: str, order_id: int | str) -> Json:
        """Return the current order, the payload of orders/create and orders/updated.

        In all methods, `order_id` is a number or a GID. They raise `KeyError` if the shop does not have the order.
        """
        with self._state.change() as data:
            return deepcopy(_order_row(data, shop, order_id)["payload"])

    def list_orders(self, shop: str) -> list[Json]:
        """Return the current orders of a shop, oldest first."""
        return [row["payload"] for row in self._state.read("orders").values() if row["shop"] == shop]

    def currency(self, shop: str) -> str:
        """Return the shop's currency."""
        row = self._state.read("shops").get(shop) or new_shop(shop)
        return str(row["currency"])

    def time(self) -> float:
        """Return the seconds of the sandbox's clock."""
        return self._clock()

    def cancel_order(self, shop: str, order_id: int | str, reason: str = "customer") -> Json:
        """Cancel an order without a refund and return the payload of orders/cancelled.

        Raises as `order_changes.cancel` does.
        """
        with self._state.change() as data:
            order = _order_row(data, shop, order_id)["payload"]
            order_changes.cancel(order, reason, self._now())
            return deepcopy(order)

    def edit_order(
        self,
        shop: str,
        order_id: int | str,
        *,
        add: Sequence[Mapping[str, Any]] = (),
        remove: Iterable[int | str] = (),
        quantities: LineQuantities | None = None,
    ) -> Json:
        """Edit an order and return the payload of orders/edited, which holds the edit, not the order.

        `quantities` are new quantities by line id. Raises as `order_changes.edit` does.
        """
        with self._state.change() as data:
            row = _order_row(data, shop, order_id)
            edit_id = 700_000_000_000 + _next(data)
            edit = order_changes.edit(
                row["payload"], edit_id, self._now(), add=add, remove=remove, quantities=quantities or {}
            )
            row["edited"] = True
            return edit

    def refund_order(self, shop: str, order_id: int | str, lines: LineQuantities, *, note: str | None = None) -> Json:
        """Refund lines, given as quantities by line id, and return the payload of refunds/create.

        Raises as `order_changes.refund` does.
        """
        with self._state.change() as data:
            order = _order_row(data, shop, order_id)["payload"]
            refund_id = 900_000_000_000 + _next(data)
            return deepcopy(order_changes.refund(order, refund_id, self._now(), lines, note))

    def product(
        self,
        shop: str,
        product_id: int | str,
        title: str,
        variants: Sequence[Mapping[str, Any]] = (),
        *,
        status: str = "active",
    ) -> Json:
        """Store a product and return the payload of products/update.

        Variants are as in `product_payload`; their `cost` is for the Admin API only.
        """
        payload = product_payload(shop, product_id, title, variants, status, self._now())
        costs = {str(numeric_id(each["id"])): str(each["cost"]) for each in variants if each.get("cost") is not None}
        with self._state.change() as data:
            data["products"][payload["admin_graphql_api_id"]] = {"shop": shop, "payload": payload, "costs": costs}
        return deepcopy(payload)

    def set_stock(self, shop: str, variant_id: int | str, stock: int) -> None:
        """Change the stock of a variant. Raises `KeyError` if the shop has no stored product with it."""
        number = numeric_id(variant_id)
        with self._state.change() as data:
            for row in data["products"].values():
                for variant in row["payload"]["variants"] if row["shop"] == shop else ():
                    if variant["id"] == number:
                        variant |= {
                            "inventory_quantity": stock,
                            "old_inventory_quantity": variant["inventory_quantity"],
                        }
                        return
        raise KeyError(f"variant {variant_id} of {shop}")

    def list_products(self, shop: str) -> list[Json]:
        """Return the shop's products as payloads of products/update; sample products if it has none."""
        rows = self._state.read("products").values()
        products = [row["payload"] for row in rows if row["shop"] == shop]
        return products or [
            product_payload(shop, number, title, variants, "active", self._now())
            for number, title, variants in SAMPLE_PRODUCTS
        ]

    def delete_product(self, product_id: int | str) -> Json:
        """Delete a product and return the payload of products/delete."""
        with self._state.change() as data:
            data["products"].pop(f"gid://shopify/Product/{numeric_id(product_id)}", None)
        return {"id": numeric_id(product_id)}

    def update_shop(self, shop: str, **details: Any) -> Json:
        """Change a shop's details and return the payload of shop/update.

        The details are name, email, currency, iana_timezone, plan_name and plan_display_name. Raises `ValueError` if a
        detail is unknown.
        """
        with self._state.change() as data:
            row = data["shops"].setdefault(shop, new_shop(shop))
            if unknown := details.keys() - row.keys():
                raise ValueError(f"unknown shop details: {', '.join(sorted(unknown))}")
            row |= {**details, "updated_at": self._now()}
            return shop_payload(shop, row)

    def set_shop(self, shop: str, **details: Any) -> None:
        """Change a shop's details as `update_shop` does, without a payload."""
        self.update_shop(shop, **details)

    def rename_shop(self, shop: str, domain: str) -> Json:
        """Give the shop another myshopify domain; return the payload of shop/update. Raises as `renames.rename_shop` does."""
        with self._state.change() as data:
            row = renames.rename_shop(data, shop, domain)
            row["updated_at"] = self._now()
            return shop_payload(domain, row)

    def take_domain(self, domain: str, shop: str | None = None) -> None:
        """Give a domain that a shop has left to another `shop`, or a new one. Raises `KeyError` if no shop has left it."""
        with self._state.change() as data:
            renames.take_domain(data, domain, shop)

    def update_scopes(self, app: str, shop: str, scopes: Sequence[str]) -> Json:
        """Replace the granted scopes of existing and future tokens; return the payload of app/scopes_update."""
        declared = self.apps[app]
        with self._state.change() as data:
            row = data["shops"].setdefault(shop, new_shop(shop))
            earlier = tokens.granted_scope(data, app, shop)
            previous = earlier.split(",") if earlier else declared.scopes
            tokens.change_scope(data, app, shop, scopes)
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return scopes_payload(zlib.crc32(declared.key.encode()), row["id"], previous, scopes, at)

    def privacy(
        self, topic: str, shop: str, *, customer_id: int | str | None = None, orders: Iterable[int | str] = ()
    ) -> Json:
        """Return the payload of customers/data_request, customers/redact or shop/redact; a guest has no customer id."""
        with self._state.change() as data:
            shop_id = data["shops"].setdefault(shop, new_shop(shop))["id"]
            request_id = _next(data)
        return privacy_payload(topic, shop_id, shop, customer_id=customer_id, orders=orders, request_id=request_id)

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")


def _next(data: Json) -> int:
    data["sequence"] += 1
    return int(data["sequence"])


def _order_row(data: Json, shop: str, order_id: int | str) -> Json:
    row: Json | None = data["orders"].get(f"gid://shopify/Order/{numeric_id(order_id)}")
    if row is None or row["shop"] != shop:
        raise KeyError(f"order {order_id} of {shop}")
    return row
