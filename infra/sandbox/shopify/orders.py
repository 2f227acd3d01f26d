"""Paid orders in the REST shape of webhook payloads.

Source: https://shopify.dev/docs/api/admin-rest/latest/resources/order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chalicelib.kit.minor_units import decimals_of
from infra.sandbox.server import Json

DEFAULT_PRICE = "25.00"


def build_paid_order(
    shop: str,
    number: int,
    lines: Sequence[Mapping[str, Any]],
    *,
    customer_id: int | str | None,
    currency: str,
    placed_at: datetime,
) -> Json:
    """Build the payload of orders/paid; `number` counts the sandbox's orders from 1.

    A line has `variant_id`, `product_id` and optionally `quantity`, `price`, `title`, `sku`, `gift_card`, `properties`
    (a mapping or a list of objects with `name` and `value`) and `discounts`: pairs of the index of one of the order's
    `discount_applications` and an amount.
    """
    order_id = 5_000_000_000_000 + number
    at = placed_at.isoformat(timespec="seconds")
    items = [build_line(order_id, position, line, currency) for position, line in enumerate(lines)]
    total = str(total_of(items, "quantity"))
    return {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": f"#{1000 + number}",
        "number": number,
        "order_number": 1000 + number,
        "app_id": 580111,
        "browser_ip": None,
        "cancel_reason": None,
        "cancelled_at": None,
        "closed_at": None,
        "confirmed": True,
        "created_at": at,
        "processed_at": at,
        "updated_at": at,
        "currency": currency,
        "presentment_currency": currency,
        "current_subtotal_price": total,
        "current_total_price": total,
        "subtotal_price": total,
        "total_price": total,
        "total_price_set": money_set(total, currency),
        "total_outstanding": "0.00",
        "total_tax": "0.00",
        "total_discounts": str(sum((allocated(item) for item in items), Decimal("0.00"))),
        "discount_codes": [],
        "discount_applications": [],
        "email": "shopper@example.com",
        "financial_status": "paid",
        "fulfillment_status": None,
        "gateway": "bogus",
        "note": None,
        "note_attributes": [],
        "payment_gateway_names": ["bogus"],
        "source_name": "web",
        "tags": "",
        "taxes_included": False,
        "test": True,
        "token": f"{order_id:032x}",
        "customer": _customer(customer_id),
        "line_items": items,
        "fulfillments": [],
        "refunds": [],
        "shipping_lines": [],
        "order_status_url": f"https://{shop}/orders/{order_id:032x}",
    }


def numeric_id(value: int | str) -> int:
    """Return the numeric id of a GID or a number."""
    return int(str(value).rpartition("/")[2])


def total_of(items: Sequence[Json], quantity: str) -> Decimal:
    """Return the price of the lines less their discounts; `quantity` names the field: `quantity` or `current_quantity`."""
    return sum((net_price(item, int(item[quantity])) for item in items), Decimal("0.00"))


def net_price(line: Json, units: int) -> Decimal:
    """Return the price of some units of a line less their share of its discounts, half up."""
    share = allocated(line) * units / max(1, int(line["quantity"]))
    unit = Decimal(1).scaleb(-decimals_of(line["price_set"]["shop_money"]["currency_code"]))
    return Decimal(line["price"]) * units - (share.quantize(unit, ROUND_HALF_UP) if share else 0)


def allocated(line: Json) -> Decimal:
    """Return the discounts of all units of a line."""
    return sum((Decimal(each["amount"]) for each in line.get("discount_allocations", [])), Decimal(0))


def build_line(order_id: int, position: int, line: Mapping[str, Any], currency: str) -> Json:
    """Build a line item from a line as in `build_paid_order`."""
    line_id = order_id * 100 + position
    given = line.get("properties") or {}
    properties = (
        [{"name": name, "value": value} for name, value in given.items()] if isinstance(given, Mapping) else list(given)
    )
    price, quantity = str(line.get("price", DEFAULT_PRICE)), int(line.get("quantity", 1))
    return {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "product_id": numeric_id(line["product_id"]),
        "variant_id": numeric_id(line["variant_id"]),
        "title": line.get("title", "Print"),
        "name": line.get("title", "Print"),
        "variant_title": None,
        "sku": line.get("sku", ""),
        "vendor": "Sandbox",
        "quantity": quantity,
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "fulfillment_status": None,
        "price": price,
        "price_set": money_set(price, currency),
        "total_discount": "0.00",
        "discount_allocations": [
            {"amount": amount, "amount_set": money_set(amount, currency), "discount_application_index": index}
            for index, amount in line.get("discounts", ())
        ],
        "properties": properties,
        "requires_shipping": True,
        "taxable": True,
        "gift_card": line.get("gift_card", False),
        "product_exists": True,
        "tax_lines": [],
    }


def _customer(customer_id: int | str | None) -> Json | None:
    if customer_id is None:
        return None  # a guest
    number = numeric_id(customer_id)
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Customer/{number}",
        "email": "shopper@example.com",
        "first_name": "Sam",
        "last_name": "Shopper",
        "state": "enabled",
        "tags": "",
        "currency": "USD",
    }


def money_set(amount: str, currency: str) -> Json:
    """Build a money set; the shop currency and the presentment currency are the same here."""
    money = {"amount": amount, "currency_code": currency}
    return {"shop_money": money, "presentment_money": dict(money)}
