"""Admin API queries for orders.

Sources: shopify.dev/docs/api/admin-graphql (Order, LineItem, DiscountApplication, Refund).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.service import guests
from chalicelib.shops.service.admin import AdminApi
from chalicelib.shops.service.admin_pages import Node, fetch_nodes, fetch_page, read_page
from chalicelib.shops.service.order_nodes import OrderNode

_APPLICATION_FIELDS = """
        nodes {
          __typename index targetType
          ... on AutomaticDiscountApplication { title }
          ... on DiscountCodeApplication { code }
          ... on ManualDiscountApplication { title }
          ... on ScriptDiscountApplication { title }
        }
        pageInfo { hasNextPage endCursor }"""
_REFUND_LINE_FIELDS = """
        nodes { quantity subtotalSet { shopMoney { amount } } lineItem { id customAttributes { key value } } }
        pageInfo { hasNextPage endCursor }"""
_ORDER = f"""
query Order($id: ID!, $after: String) {{
  order(id: $id) {{
    id number createdAt updatedAt cancelledAt edited currencyCode displayFinancialStatus test email
    totalPriceSet {{ shopMoney {{ amount }} }}
    customer {{ id }}
    customAttributes {{ key value }}
    discountApplications(first: 20) {{{_APPLICATION_FIELDS}
    }}
    refunds {{
      id createdAt
      totalRefundedSet {{ shopMoney {{ amount }} }}
      refundLineItems(first: 10) {{{_REFUND_LINE_FIELDS}
      }}
    }}
    lineItems(first: 20, after: $after) {{
      nodes {{
        id quantity currentQuantity title sku isGiftCard
        product {{ id }}
        variant {{ id }}
        customAttributes {{ key value }}
        originalUnitPriceSet {{ shopMoney {{ amount }} }}
        discountAllocations {{ allocatedAmountSet {{ shopMoney {{ amount }} }} discountApplication {{ index }} }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}"""
_APPLICATIONS = f"""
query Applications($id: ID!, $after: String) {{
  order(id: $id) {{
    discountApplications(first: 50, after: $after) {{{_APPLICATION_FIELDS}
    }}
  }}
}}"""
_REFUND_LINES = f"""
query RefundLines($id: ID!, $after: String) {{
  refund(id: $id) {{
    refundLineItems(first: 50, after: $after) {{{_REFUND_LINE_FIELDS}
    }}
  }}
}}"""
_CHANGED_ORDERS = """
query ChangedOrders($query: String!, $after: String) {
  orders(first: 10, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id }
    pageInfo { hasNextPage endCursor }
  }
}"""


@dataclass(frozen=True, slots=True)
class FetchedOrder:
    """The present state of an order. `fields` are those of every order message.

    If Shopify sent no time of creation, `created_at` is the time of the last change.
    """

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


def fetch_order(admin: AdminApi, order_id: str) -> FetchedOrder | None:
    """Return the order with this GID and all its lines; None if the shop has none. Raises as `AdminApi.graphql`."""
    lines: list[Node] = []
    after = None
    while True:
        order = admin.graphql(_ORDER, id=order_id, after=after).get("order")
        if order is None:
            return None
        page, after = read_page(order.get("lineItems"))
        lines += page
        if after is None:
            break
    applications = fetch_nodes(
        admin, _APPLICATIONS, ("order", order_id), "discountApplications", order.get("discountApplications")
    )
    lists = {"lineItems": lines, "discountApplications": applications, "refunds": _fetch_refunds(admin, order)}
    node = OrderNode.parse(order | lists | {"id": order_id}, "orders/edited")
    fetched_order = _to_order(node)
    if node.email and not node.customer:
        fetched_order.fields["guest"] = guests.pseudonymize(admin.shop, admin.app, node.email)
    return fetched_order


def list_changed_orders(admin: AdminApi, since: datetime, after: str | None) -> tuple[list[str], str | None]:
    """Return a page of GIDs of orders changed at `since` or later, oldest change first, and the next page's cursor."""
    nodes, cursor = fetch_page(admin, _CHANGED_ORDERS, "orders", since, after)
    return [node["id"] for node in nodes if node.get("id")], cursor


def _fetch_refunds(admin: AdminApi, order: Node) -> list[Node]:
    """Return the order's refunds, each with the nodes of all pages of its lines."""
    refunds = [refund for refund in order.get("refunds") or [] if isinstance(refund, dict) and refund.get("id")]
    return [
        refund
        | {
            "refundLineItems": fetch_nodes(
                admin, _REFUND_LINES, ("refund", refund["id"]), "refundLineItems", refund.get("refundLineItems")
            )
        }
        for refund in refunds
    ]


def _to_order(node: OrderNode) -> FetchedOrder:
    updated_at = node.updated_at or node.created_at or clock.now()
    refunds = [
        FetchedRefund(refund.message_fields(node.id, node.currency_code), refund.created_at or updated_at)
        for refund in node.refunds
        if refund
    ]
    return FetchedOrder(
        fields=node.message_fields(),
        created_at=node.created_at or updated_at,
        updated_at=updated_at,
        cancelled_at=node.cancelled_at,
        is_edited=bool(node.edited),
        refunds=refunds,
    )
