"""Maps orders and products from their webhook payloads to GraphQL fields."""

from decimal import Decimal
from typing import Any

from infra.sandbox.server import Json
from infra.sandbox.shopify.connections import connection

APPLICATION_TYPES = {
    "automatic": "AutomaticDiscountApplication",
    "discount_code": "DiscountCodeApplication",
    "manual": "ManualDiscountApplication",
    "script": "ScriptDiscountApplication",
}
"""The GraphQL types of `discount_applications`, by their `type` in webhooks."""


def order_fields(row: Json) -> Json:
    """Return the fields of `Order` in `admin.graphql`. Orders that an earlier version stored have no discounts."""
    payload = row["payload"]
    currency = payload["currency"]
    applications = [_application(index, each) for index, each in enumerate(payload.get("discount_applications", []))]
    lines = [_line(line, currency, applications) for line in payload["line_items"]]
    refunds = [_refund(refund, currency, applications) for refund in payload["refunds"]]
    customer = payload["customer"]
    cancel_reason = payload["cancel_reason"]
    return {
        "id": payload["admin_graphql_api_id"],
        "legacyResourceId": str(payload["id"]),
        "name": payload["name"],
        "number": payload["order_number"],
        "email": payload["email"],
        "createdAt": _utc(payload["created_at"]),
        "processedAt": _utc(payload["processed_at"]),
        "updatedAt": _utc(payload["updated_at"]),
        "cancelledAt": _utc(payload["cancelled_at"]),
        "cancelReason": cancel_reason.upper() if cancel_reason else None,
        "edited": row["edited"],
        "currencyCode": currency,
        "displayFinancialStatus": payload["financial_status"].upper(),
        "test": payload["test"],
        "totalPriceSet": _money(payload["total_price"], currency),
        "currentTotalPriceSet": _money(payload["current_total_price"], currency),
        "totalOutstandingSet": _money(payload["total_outstanding"], currency),
        "totalRefundedSet": _money(
            str(sum((_refunded(each) for each in payload["refunds"]), Decimal("0.00"))), currency
        ),
        "customAttributes": _attributes(payload.get("note_attributes", [])),
        "discountApplications": lambda _, first=None, after=None: connection(applications, first, after),
        "customer": {"id": customer["admin_graphql_api_id"]} if customer else None,
        "lineItems": lambda _, first=None, after=None: connection(lines, first, after),
        "refunds": lambda _, first=None: refunds[:first],
    }


def product_fields(row: Json, variants: list[Json]) -> Json:
    """Return the fields of `Product` in `admin.graphql`, with the fields of its variants."""
    payload = row["payload"]
    return {
        "id": payload["admin_graphql_api_id"],
        "title": payload["title"],
        "handle": payload["handle"],
        "status": payload["status"].upper(),
        "createdAt": _utc(payload["created_at"]),
        "updatedAt": _utc(payload["updated_at"]),
        "variants": lambda _, first=None, after=None: connection(variants, first, after),
    }


def _application(index: int, application: Json) -> Json:
    return {
        "__typename": APPLICATION_TYPES[application["type"]],
        "index": index,
        "targetType": application["target_type"].upper(),
        "title": application.get("title"),
        "code": application.get("code"),
    }


def _attributes(properties: list[Json]) -> list[Json]:
    return [{"key": each["name"], "value": each["value"]} for each in properties]


def _line(line: Json, currency: str, applications: list[Json]) -> Json:
    return {
        "id": line["admin_graphql_api_id"],
        "name": line["name"],
        "title": line["title"],
        "sku": line["sku"],
        "quantity": line["quantity"],
        "currentQuantity": line["current_quantity"],
        "product": {"id": f"gid://shopify/Product/{line['product_id']}"},
        "variant": {"id": f"gid://shopify/ProductVariant/{line['variant_id']}"},
        "customAttributes": _attributes(line["properties"]),
        "isGiftCard": line.get("gift_card", False),
        "discountAllocations": [
            {
                "allocatedAmountSet": _money(each["amount"], currency),
                "discountApplication": applications[each["discount_application_index"]],
            }
            for each in line.get("discount_allocations", [])
        ],
        "originalUnitPriceSet": _money(line["price"], currency),
    }


def _refund(refund: Json, currency: str, applications: list[Json]) -> Json:
    items = [
        {
            "id": f"gid://shopify/RefundLineItem/{item['id']}",
            "lineItem": _line(item["line_item"], currency, applications),
            "quantity": item["quantity"],
            "subtotalSet": _money(item["subtotal_set"]["shop_money"]["amount"], currency),
        }
        for item in refund["refund_line_items"]
    ]
    return {
        "id": refund["admin_graphql_api_id"],
        "legacyResourceId": str(refund["id"]),
        "createdAt": _utc(refund["created_at"]),
        "updatedAt": _utc(refund["created_at"]),
        "note": refund["note"],
        "totalRefundedSet": _money(str(_refunded(refund)), currency),
        "refundLineItems": lambda _, first=None, after=None: connection(items, first, after),
    }


def _refunded(refund: Json) -> Decimal:
    return sum((Decimal(each["amount"]) for each in refund["transactions"]), Decimal("0.00"))


def _money(amount: str, currency: str) -> Json:
    money: dict[str, Any] = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def _utc(moment: str | None) -> str | None:
    return moment.replace("+00:00", "Z") if moment else None
