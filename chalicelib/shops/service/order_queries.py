"""Admin API queries for orders, parsed into the same fields as webhook payloads.

Sources: shopify.dev/docs/api/admin-graphql (Order, LineItem, DiscountApplication, Refund).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.kit import clock
from chalicelib.shops.gids import number_of
from chalicelib.shops.schemas.orders import DiscountApplication, LineDiscount, OrderLine, OrderRefund, RefundLine
from chalicelib.shops.service import guests
from chalicelib.shops.service.admin import AdminApi
from chalicelib.shops.service.admin_pages import Node, fetch_page, fetch_remaining_nodes
from chalicelib.shops.service.order_payloads import own_attributes

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

_PAID = {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}
_APPLICATION_TYPES = {
    "AutomaticDiscountApplication": "automatic",
    "DiscountCodeApplication": "discount_code",
    "ManualDiscountApplication": "manual",
    "ScriptDiscountApplication": "script",
}
"""The type of a discount application in webhooks, by its GraphQL type."""


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
            break
    for refund in order["refunds"]:
        owner = ("refund", refund["id"])
        fetch_remaining_nodes(admin, _REFUND_LINES, owner, "refundLineItems", refund["refundLineItems"])
    applications = order["discountApplications"]
    fetch_remaining_nodes(admin, _APPLICATIONS, ("order", order_id), "discountApplications", applications)
    fetched_order = _parse_order(order, lines)
    if order["email"] and not order["customer"]:
        fetched_order.fields["guest"] = guests.pseudonymize(admin.shop, admin.app, order["email"])
    return fetched_order


def list_changed_orders(admin: AdminApi, since: datetime, after: str | None) -> tuple[list[str], str | None]:
    """Return a page of GIDs of orders changed at `since` or later, oldest change first, and the next page's cursor."""
    nodes, cursor = fetch_page(admin, _CHANGED_ORDERS, "orders", since, after)
    return [node["id"] for node in nodes], cursor


def _parse_order(order: Node, lines: list[Node]) -> FetchedOrder:
    currency = order["currencyCode"]
    refunds = [_parse_refund(node, order["id"], currency) for node in order["refunds"]]
    created_at, updated_at = clock.parse(order["createdAt"]), clock.parse(order["updatedAt"])
    cancelled_at = clock.parse(order["cancelledAt"]) if order["cancelledAt"] else None
    return FetchedOrder(
        fields={
            "order_id": order["id"],
            "order_number": str(order["number"]),
            "customer_id": order["customer"]["id"] if order["customer"] else None,
            "placed_at": created_at,
            "updated_at": updated_at,
            "cancelled_at": cancelled_at,
            "total_price": _shop_amount(order["totalPriceSet"]),
            "currency": currency,
            "is_paid": order["displayFinancialStatus"] in _PAID,
            "voided": order["displayFinancialStatus"] == "VOIDED",
            "test": order["test"],
            "lines": [_parse_line(node) for node in lines],
            "applications": [_parse_application(node) for node in order["discountApplications"]["nodes"]],
            "refunds": [
                OrderRefund(refund_id=each.fields["refund_id"], lines=each.fields["lines"]) for each in refunds
            ],
            "attributes": own_attributes(_parse_attributes(order)),
        },
        created_at=created_at,
        updated_at=updated_at,
        cancelled_at=cancelled_at,
        is_edited=order["edited"],
        refunds=refunds,
    )


def _parse_application(node: Node) -> DiscountApplication:
    return DiscountApplication(
        index=node["index"],
        type=_APPLICATION_TYPES.get(node["__typename"], node["__typename"]),
        title=node.get("title"),
        code=node.get("code"),
        target_type=node["targetType"].lower(),
    )


def _parse_line(node: Node) -> OrderLine:
    return OrderLine(
        line_item_id=node["id"],
        variant_id=node["variant"]["id"] if node["variant"] else None,
        product_id=number_of(node["product"]["id"]) if node["product"] else None,
        quantity=node["quantity"],
        current_quantity=node["currentQuantity"],
        properties=_parse_attributes(node),
        sku=node["sku"] or None,
        title=node["title"],
        price=_shop_amount(node["originalUnitPriceSet"]),
        gift_card=node["isGiftCard"],
        discounts=[
            LineDiscount(
                application=each["discountApplication"]["index"], amount=_shop_amount(each["allocatedAmountSet"])
            )
            for each in node["discountAllocations"]
        ],
    )


def _parse_attributes(node: Node) -> dict[str, str]:
    return {attribute["key"]: attribute["value"] or "" for attribute in node["customAttributes"]}


def _shop_amount(amounts: Node) -> Decimal:
    return Decimal(amounts["shopMoney"]["amount"])


def _parse_refund(node: Node, order_id: str, currency: str) -> FetchedRefund:
    lines = [
        RefundLine(
            line_item_id=each["lineItem"]["id"],
            quantity=each["quantity"],
            properties=_parse_attributes(each["lineItem"]),
            subtotal=_shop_amount(each["subtotalSet"]),
        )
        for each in node["refundLineItems"]["nodes"]
    ]
    fields = {
        "refund_id": node["id"],
        "order_id": order_id,
        "lines": lines,
        "amount": _shop_amount(node["totalRefundedSet"]),
        "currency": currency,
    }
    return FetchedRefund(fields, clock.parse(node["createdAt"]))
