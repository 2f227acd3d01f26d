"""Admin API queries for orders and products, parsed into the same fields as webhook payloads.

Sources: shopify.dev/docs/api/admin-graphql (Order, Refund, Product); .../api/usage/limits: pages are small, because a
query's cost grows with its page sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.gids import number_of
from chalicelib.shops.schemas.orders import OrderLine, ProductVariant, RefundLine
from chalicelib.shops.service.admin import AdminApi

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
    """The present state of an order. `fields` are those of every order message."""

    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    is_edited: bool
    refunds: list[FetchedRefund]


@dataclass(frozen=True, slots=True)
class FetchedRefund:
    """The present state of a refund; `fields` are those of its message."""

    fields: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FetchedProduct:
    """The present state of a product; `fields` are those of its message."""

    fields: dict[str, Any]
    updated_at: datetime


def fetch_order(admin: AdminApi, order_id: str) -> FetchedOrder | None:
    """Return the order with this GID and all its lines; None if the shop has none. Raises as `AdminApi.graphql`."""
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
                owner = ("refund", refund["id"])
                _fetch_remaining_nodes(admin, _REFUND_LINES, owner, "refundLineItems", refund["refundLineItems"])
            return _parse_order(order, lines)


def list_changed_orders(admin: AdminApi, since: datetime, after: str | None) -> tuple[list[str], str | None]:
    """Return a page of GIDs of orders changed at `since` or later, oldest change first, and the next page's cursor."""
    nodes, cursor = _fetch_page(admin, _CHANGED_ORDERS, "orders", since, after)
    return [node["id"] for node in nodes], cursor


def list_changed_products(
    admin: AdminApi, since: datetime, after: str | None
) -> tuple[list[FetchedProduct], str | None]:
    """Return a page of products changed at `since` or later, oldest change first, and the next page's cursor."""
    nodes, cursor = _fetch_page(admin, _CHANGED_PRODUCTS, "products", since, after)
    for node in nodes:
        _fetch_remaining_nodes(admin, _VARIANTS, ("product", node["id"]), "variants", node["variants"])
    return [_parse_product(node) for node in nodes], cursor


def _fetch_remaining_nodes(admin: AdminApi, query: str, owner: tuple[str, str], name: str, connection: Node) -> None:
    """Append the nodes after the first page to `connection`, which is `name` of `owner` (type and GID)."""
    kind, gid = owner
    page_info = connection["pageInfo"]
    while page_info["hasNextPage"]:
        node = admin.graphql(query, id=gid, after=page_info["endCursor"])[kind]
        if node is None:
            return  # deleted since the first page was read
        connection["nodes"] += node[name]["nodes"]
        page_info = node[name]["pageInfo"]


def _fetch_page(
    admin: AdminApi, query: str, name: str, since: datetime, cursor: str | None
) -> tuple[list[Node], str | None]:
    """Return the nodes of one page of a root connection, and the next page's cursor."""
    connection = admin.graphql(query, query=f"updated_at:>='{clock.iso(since)}'", after=cursor)[name]
    page_info = connection["pageInfo"]
    return connection["nodes"], page_info["endCursor"] if page_info["hasNextPage"] else None


def _parse_product(node: Node) -> FetchedProduct:
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


def _parse_order(order: Node, lines: list[Node]) -> FetchedOrder:
    currency = order["currencyCode"]
    return FetchedOrder(
        fields={
            "order_id": order["id"],
            "order_number": str(order["number"]),
            "customer_id": order["customer"]["id"] if order["customer"] else None,
            "total_price": Decimal(order["totalPriceSet"]["shopMoney"]["amount"]),
            "currency": currency,
            "is_paid": order["displayFinancialStatus"] in _PAID,
            "lines": [_parse_line(node) for node in lines],
        },
        created_at=clock.parse(order["createdAt"]),
        updated_at=clock.parse(order["updatedAt"]),
        cancelled_at=clock.parse(order["cancelledAt"]) if order["cancelledAt"] else None,
        is_edited=order["edited"],
        refunds=[_parse_refund(node, order["id"], currency) for node in order["refunds"]],
    )


def _parse_line(node: Node) -> OrderLine:
    return OrderLine(
        line_item_id=node["id"],
        variant_id=node["variant"]["id"] if node["variant"] else None,
        product_id=number_of(node["product"]["id"]) if node["product"] else None,
        quantity=node["quantity"],
        current_quantity=node["currentQuantity"],
        properties=_parse_properties(node),
    )


def _parse_properties(line: Node) -> dict[str, str]:
    return {attribute["key"]: attribute["value"] or "" for attribute in line["customAttributes"]}


def _parse_refund(node: Node, order_id: str, currency: str) -> FetchedRefund:
    lines = [
        RefundLine(
            line_item_id=each["lineItem"]["id"],
            quantity=each["quantity"],
            properties=_parse_properties(each["lineItem"]),
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
