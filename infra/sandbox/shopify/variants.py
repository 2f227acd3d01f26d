"""Variants of products in the Admin API: search, stock and cost.

Sources: https://shopify.dev/docs/api/admin-graphql/latest/queries/productVariants and .../objects/InventoryItem.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from infra.sandbox.server import Json
from infra.sandbox.shopify.connections import connection

Info = GraphQLResolveInfo[Any]
Require = Callable[[str, str], None]
MOST_NODES = 250
_TERM = re.compile(r"""(?P<field>\w+):(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s()]+)""")


class Variants:
    """The variants of one shop, read from `data`; the caller holds its lock."""

    def __init__(self, data: Json, shop: str, currency: str, require: Require) -> None:
        self._data, self._shop, self._currency, self._require = data, shop, currency, require

    def root(self) -> Json:
        """Return the resolvers of the root fields, by name."""
        return {"productVariant": self._variant, "productVariants": self._search, "nodes": self._nodes}

    def of_product(self, row: Json) -> list[Json]:
        """Return the fields of a product's variants."""
        return [self._fields(variant, row.get("costs", {})) for variant in row["payload"]["variants"]]

    def _variant(self, _: Info, id: str) -> Json | None:  # noqa: A002
        self._require("read_products", "productVariant")
        return next((each for each in self._all() if each["id"] == id), None)

    def _nodes(self, _: Info, ids: list[str]) -> list[Json | None]:
        self._require("read_products", "nodes")
        if len(ids) > MOST_NODES:
            raise GraphQLError(
                f"The input array size of {len(ids)} is greater than the maximum allowed of {MOST_NODES}."
            )
        by_id = {each["id"]: each for each in self._all()}
        return [by_id.get(each) for each in ids]

    def _search(self, _: Info, first: int | None = None, after: str | None = None, query: str | None = None) -> Json:
        self._require("read_products", "productVariants")
        terms = _parse(query or "")
        rows = [each for each in self._all() if not terms or any(_matches(each, *term) for term in terms)]
        return connection(rows, first, after)

    def _all(self) -> list[Json]:
        products = (row for row in self._data["products"].values() if row["shop"] == self._shop)
        return [variant for row in products for variant in self.of_product(row)]

    def _fields(self, variant: Json, costs: Json) -> Json:
        cost = costs.get(str(variant["id"]))

        def inventory_item(_: Info) -> Json:
            self._require("read_inventory", "inventoryItem")
            return {
                "id": f"gid://shopify/InventoryItem/{variant['inventory_item_id']}",
                "sku": variant["sku"],
                "tracked": variant.get("inventory_quantity") is not None,
                "unitCost": {"amount": cost, "currencyCode": self._currency} if cost is not None else None,
            }

        return {
            "__typename": "ProductVariant",
            "id": variant["admin_graphql_api_id"],
            "title": variant["title"],
            "sku": variant["sku"],
            "price": variant["price"],
            "inventoryQuantity": variant.get("inventory_quantity"),
            "inventoryItem": inventory_item,
            "product": {"id": f"gid://shopify/Product/{variant['product_id']}"},
        }


def _parse(query: str) -> list[tuple[str, str]]:
    """Return field and value of the terms `sku:…` and `id:…`, joined by OR. Raises `GraphQLError` for others."""
    unread = re.sub(r"\bOR\b|[()\s]", "", _TERM.sub("", query))
    terms = [(term["field"], term["value"]) for term in _TERM.finditer(query)]
    if unread or any(field not in ("sku", "id") for field, _ in terms):
        raise GraphQLError(f"the sandbox does not implement the search {query}")
    return [(field, re.sub(r"\\(.)", r"\1", value[1:-1] if value[0] in "'\"" else value)) for field, value in terms]


def _matches(variant: Json, field: str, value: str) -> bool:
    if field == "id":
        return bool(variant["id"].rpartition("/")[2] == value)
    return bool((variant["sku"] or "").casefold() == value.casefold())
