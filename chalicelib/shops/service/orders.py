"""The paid order in a webhook, read into our own words; numeric ids become GIDs here.

Source: shopify.dev/docs/api/admin-rest/latest/resources/order, the shape that `orders/*` webhooks carry.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from chalicelib.shops.gids import gid, gid_or_none
from chalicelib.shops.schemas.messages import OrderLine, OrderPaid


class _Shape(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore")


def _by_name(properties: Any) -> Any:
    """Line item properties come as a list of name and value; a value may be any JSON, or null."""
    if not isinstance(properties, list):
        return properties or {}
    return {str(each["name"]): "" if each.get("value") is None else str(each["value"]) for each in properties}


class _Line(_Shape):
    id: int
    variant_id: int | None = None
    product_id: int | None = None
    quantity: int
    properties: Annotated[dict[str, str], BeforeValidator(_by_name)] = {}


class _Customer(_Shape):
    id: int


class _Order(_Shape):
    id: int
    order_number: int
    total_price: Decimal
    currency: str
    customer: _Customer | None = None
    line_items: list[_Line]


def order_paid(shop: str, app: str, payload: dict[str, Any], triggered_at: datetime, message_id: str) -> OrderPaid:
    """The message that an `orders/paid` payload makes. Raises pydantic's ValidationError for another shape."""
    order = _Order.model_validate(payload)
    return OrderPaid(
        message_id=message_id,
        shop=shop,
        app=app,
        order_id=gid("Order", order.id),
        order_number=str(order.order_number),
        customer_id=gid_or_none("Customer", order.customer.id if order.customer else None),
        total_price=order.total_price,
        currency=order.currency,
        lines=[_line(line) for line in order.line_items],
        triggered_at=triggered_at,
    )


def _line(line: _Line) -> OrderLine:
    return OrderLine(
        line_item_id=gid("LineItem", line.id),
        variant_id=gid_or_none("ProductVariant", line.variant_id),
        product_id=line.product_id,
        quantity=line.quantity,
        properties=line.properties,
    )
