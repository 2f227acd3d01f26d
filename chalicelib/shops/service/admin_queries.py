"""Orders and products as the Admin API shows them, read into the same words as those of webhooks.

Sources: shopify.dev/docs/api/admin-graphql (Order, Refund, Product); .../api/usage/limits: pages are kept small, since
a query's cost grows with each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.gids import number_of
from chalicelib.shops.schemas.orders import OrderLine, ProductVariant, RefundLine
from chalicelib.shops.service.admin import Admin

_ORDER = """
query Order($id: ID!, $after: String) {
  order(id: $id) {
    id number createdAt updatedAt cancelledAt edited currencyCode displayFinancialStatus
    totalPriceSet { shopMoney { amount } }
    customer { id }
    refunds {
      id createdAt
      totalRefundedSet { shopMoney { amount } }
      refundLineItems(first: 10) {
        nodes { quantity lineItem { id customAttributes { key value } } }
        pageInfo { hasNextPage endCursor }
      }
    }
    lineItems(first: 20, after: $after) {
      nodes { id quantity currentQuantity product { id } variant { id } customAttributes { key value } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
_REFUND_LINES = """
query RefundLines($id: ID!, $after: String) {
  refund(id: $id) {
    refundLineItems(first: 50, after: $after) {
      nodes { quantity lineItem { id customAttributes { key value } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
_VARIANTS = """
query Variants($id: ID!, $after: String) {
  product(id: $id) {
    variants(first: 100, after: $after) { nodes { id title sku price } pageInfo { hasNextPage endCursor } }
  }
}"""
_CHANGED_ORDERS = """
query ChangedOrders($query: String!, $after: String) {
  orders(first: 10, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id }
    pageInfo { hasNextPage endCursor }
  }
}"""
_CHANGED_PRODUCTS = """
query ChangedProducts($query: String!, $after: String) {
  products(first: 10, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id title status updatedAt variants(first: 50) { nodes { id title sku price } pageInfo { hasNextPage endCursor } } }
    pageInfo { hasNextPage endCursor }
  }
}"""

_PAID = {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FetchedOrder:
    """An order as it is now. `fields` are those that every message of an order has."""

    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    is_edited: bool
    refunds: list[FetchedRefund]


@dataclass(frozen=True, slots=True)
class FetchedRefund:
    """A refund as it is now; `fields` are those of its message."""

    fields: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FetchedProduct:
    """A product as it is now; `fields` are those of its message."""

    fields: dict[str, Any]
    updated_at: datetime


def fetch_order(admin: Admin, order_id: str) -> FetchedOrder | None:
    """The order with this GID and all its lines; None where the shop has none. Raises as `Admin.graphql` does."""
    lines: list[Node] = []
    after = None
    while True:
        order = admin.graphql(_ORDER, id=order_id, after=after)["order"]
        if order is None:
            return None
        lines += order["lineItems"]["nodes"]
        after = order["lineItems"]["pageInfo"]["endCursor"]
        if not order["lineItems"]["pageInfo"]["hasNextPage"]:
            for refund in order["refunds"]:
                _complete(admin, refund["refundLineItems"], _REFUND_LINES, refund["id"], "refund", "refundLineItems")
            return _order(order, lines)


def changed_orders(admin: Admin, since: datetime, after: str | None) -> tuple[list[str], str | None]:
    """A page of GIDs of the orders that changed at `since` or later, oldest change first, and the next one's cursor."""
    nodes, following = _page(admin, _CHANGED_ORDERS, "orders", since, after)
    return [node["id"] for node in nodes], following


def changed_products(admin: Admin, since: datetime, after: str | None) -> tuple[list[FetchedProduct], str | None]:
    """A page of the products that changed at `since` or later, oldest change first, and the next one's cursor."""
    nodes, following = _page(admin, _CHANGED_PRODUCTS, "products", since, after)
    for node in nodes:
        _complete(admin, node["variants"], _VARIANTS, node["id"], "product", "variants")
    return [_product(node) for node in nodes], following


def _complete(admin: Admin, begun: Node, query: str, of: str, kind: str, connection: str) -> None:
    """Add to a connection whose first page was read the rest of its nodes."""
    info = begun["pageInfo"]
    while info["hasNextPage"]:
        owner = admin.graphql(query, id=of, after=info["endCursor"])[kind]
        if owner is None:
            return  # deleted meanwhile
        begun["nodes"] += owner[connection]["nodes"]
        info = owner[connection]["pageInfo"]


def _page(
    admin: Admin, query: str, connection: str, since: datetime, after: str | None
) -> tuple[list[Node], str | None]:
    asked = f"updated_at:>='{clock.iso(since)}'"
    page = admin.graphql(query, query=asked, after=after)[connection]
    info = page["pageInfo"]
    return page["nodes"], info["endCursor"] if info["hasNextPage"] else None


def _product(node: Node) -> FetchedProduct:
    variants = [
        ProductVariant(variant_id=each["id"], title=each["title"], sku=each["sku"], price=each["price"])
        for each in node["variants"]["nodes"]
    ]
    fields = {
        "product_id": number_of(node["id"]),
        "title": node["title"],
        "status": node["status"].lower(),
        "variants": variants,
    }
    return FetchedProduct(fields, clock.parse(node["updatedAt"]))


def _order(order: Node, lines: list[Node]) -> FetchedOrder:
    currency = order["currencyCode"]
    return FetchedOrder(
        fields={
            "order_id": order["id"],
            "order_number": str(order["number"]),
            "customer_id": order["customer"]["id"] if order["customer"] else None,
            "total_price": Decimal(order["totalPriceSet"]["shopMoney"]["amount"]),
            "currency": currency,
            "is_paid": order["displayFinancialStatus"] in _PAID,
            "lines": [_line(node) for node in lines],
        },
        created_at=clock.parse(order["createdAt"]),
        updated_at=clock.parse(order["updatedAt"]),
        cancelled_at=clock.parse(order["cancelledAt"]) if order["cancelledAt"] else None,
        is_edited=order["edited"],
        refunds=[_refund(node, order["id"], currency) for node in order["refunds"]],
    )


def _line(node: Node) -> OrderLine:
    return OrderLine(
        line_item_id=node["id"],
        variant_id=node["variant"]["id"] if node["variant"] else None,
        product_id=number_of(node["product"]["id"]) if node["product"] else None,
        quantity=node["quantity"],
        current_quantity=node["currentQuantity"],
        properties=_properties(node),
    )


def _properties(line: Node) -> dict[str, str]:
    return {attribute["key"]: attribute["value"] or "" for attribute in line["customAttributes"]}


def _refund(node: Node, order_id: str, currency: str) -> FetchedRefund:
    lines = [
        RefundLine(
            line_item_id=each["lineItem"]["id"],
            quantity=each["quantity"],
            properties=_properties(each["lineItem"]),
        )
        for each in node["refundLineItems"]["nodes"]
    ]
    fields = {
        "refund_id": node["id"],
        "order_id": order_id,
        "lines": lines,
        "amount": Decimal(node["totalRefundedSet"]["shopMoney"]["amount"]),
        "currency": currency,
    }
    return FetchedRefund(fields, clock.parse(node["createdAt"]))
