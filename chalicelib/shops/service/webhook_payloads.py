"""Webhook payloads, read into our own words; numeric ids become GIDs here.

Sources: shopify.dev/docs/api/webhooks (topics); shopify.dev/docs/api/admin-rest (the order, refund, product and shop
resources that they carry); shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from chalicelib.kit.messages import Message
from chalicelib.shops.gids import gid, gid_or_none
from chalicelib.shops.schemas.messages import DeliveryReceived, PrivacyRequested, PrivacyTopic
from chalicelib.shops.schemas.orders import (
    OrderCancelled,
    OrderCreated,
    OrderLine,
    OrderPaid,
    OrderUpdated,
    ProductDeleted,
    ProductUpdated,
    ProductVariant,
    RefundCreated,
    RefundLine,
)
from chalicelib.shops.service.payload_storage import Payload


@dataclass(frozen=True, slots=True)
class DeliveryInfo:
    """Where and when something happened; `delivery_id` also identifies the message that it makes."""

    shop: str
    app: str
    topic: str
    delivery_id: str
    triggered_at: datetime

    def heading(self) -> dict[str, Any]:
        """The fields that every message of a shop has."""
        return {"message_id": self.delivery_id, "shop": self.shop, "app": self.app, "triggered_at": self.triggered_at}


def build_message(told: DeliveryInfo, payload: Payload) -> Message | None:
    """What a delivery says to others, or to this context itself; None for a topic that nobody listens to.

    Raises pydantic's ValidationError for a payload of another shape than the topic's.
    """
    make = _MESSAGES.get(told.topic)
    return make(told, payload) if make else None


def parse_shop_details(payload: Payload) -> dict[str, str | None]:
    """The columns of our own row that a `shop/update` payload tells. Raises ValidationError."""
    shop = _Shop.model_validate(payload)
    return {
        "shop_name": shop.name,
        "email": shop.email,
        "currency": shop.currency,
        "iana_timezone": shop.iana_timezone,
        "plan_name": shop.plan_display_name or shop.plan_name,
    }


def parse_granted_scopes(payload: Payload) -> list[str]:
    """The access scopes that the app has after an `app/scopes_update`. Raises ValidationError."""
    return sorted(_Scopes.model_validate(payload).current)


def parse_edited_order_number(payload: Payload) -> int:
    """The number of the order that an `orders/edited` payload is about. Raises ValidationError."""
    return _OrderEdited.model_validate(payload).order_edit.order_id


class _Shape(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore", hide_input_in_errors=True)


def _by_name(properties: Any) -> Any:
    """Line item properties come as a list of name and value; a value may be any JSON, or null."""
    if not isinstance(properties, list):
        return properties or {}
    if not all(isinstance(each, dict) and "name" in each for each in properties):
        raise ValueError("must be a list of names and values")
    return {str(each["name"]): "" if each.get("value") is None else str(each["value"]) for each in properties}


Properties = Annotated[dict[str, str], BeforeValidator(_by_name)]


class _Line(_Shape):
    id: int
    variant_id: int | None = None
    product_id: int | None = None
    quantity: int
    current_quantity: int | None = None
    properties: Properties = {}


class _Customer(_Shape):
    id: int | None = None


class _Order(_Shape):
    id: int
    order_number: int
    total_price: Decimal
    currency: str
    customer: _Customer | None = None
    created_at: AwareDatetime | None = None
    cancelled_at: AwareDatetime | None = None
    financial_status: str | None = None
    line_items: list[_Line]

    def fields(self) -> dict[str, Any]:
        return {
            "order_id": gid("Order", self.id),
            "order_number": str(self.order_number),
            "customer_id": gid_or_none("Customer", self.customer.id if self.customer else None),
            "placed_at": self.created_at,
            "total_price": self.total_price,
            "currency": self.currency,
            "is_paid": self.financial_status in ("paid", "partially_refunded", "refunded"),
            "lines": [_line(line) for line in self.line_items],
        }


class _RefundedLine(_Shape):
    properties: Properties = {}


class _RefundLine(_Shape):
    line_item_id: int
    quantity: int
    line_item: _RefundedLine = _RefundedLine()


class _Transaction(_Shape):
    kind: str = "refund"
    status: str = "success"
    amount: Decimal
    currency: str | None = None


class _Refund(_Shape):
    id: int
    order_id: int
    refund_line_items: list[_RefundLine] = []
    transactions: list[_Transaction] = []


class _Variant(_Shape):
    id: int
    title: str
    sku: str | None = None
    price: Decimal


class _Product(_Shape):
    id: int
    title: str
    status: str = "active"
    variants: list[_Variant] = []


class _Gone(_Shape):
    id: int


class _Shop(_Shape):
    name: str
    email: str | None = None
    currency: str
    iana_timezone: str | None = None
    plan_name: str | None = None
    plan_display_name: str | None = None


class _Scopes(_Shape):
    current: list[str]


class _OrderEdit(_Shape):
    order_id: int


class _OrderEdited(_Shape):
    order_edit: _OrderEdit


class _DataRequest(_Shape):
    id: int


class _Privacy(_Shape):
    customer: _Customer | None = None
    orders: list[int] = Field(default=[], validation_alias="orders_to_redact")
    orders_requested: list[int] = []
    data_request: _DataRequest | None = None


def _line(line: _Line) -> OrderLine:
    return OrderLine(
        line_item_id=gid("LineItem", line.id),
        variant_id=gid_or_none("ProductVariant", line.variant_id),
        product_id=line.product_id,
        quantity=line.quantity,
        current_quantity=line.quantity if line.current_quantity is None else line.current_quantity,
        properties=line.properties,
    )


def _order_created(told: DeliveryInfo, payload: Payload) -> OrderCreated:
    return OrderCreated(**told.heading(), **_Order.model_validate(payload).fields())


def _order_paid(told: DeliveryInfo, payload: Payload) -> OrderPaid:
    return OrderPaid(**told.heading(), **_Order.model_validate(payload).fields())


def _order_updated(told: DeliveryInfo, payload: Payload) -> OrderUpdated:
    return OrderUpdated(**told.heading(), **_Order.model_validate(payload).fields())


def _order_cancelled(told: DeliveryInfo, payload: Payload) -> OrderCancelled:
    order = _Order.model_validate(payload)
    return OrderCancelled(**told.heading(), **order.fields(), cancelled_at=order.cancelled_at or told.triggered_at)


def _refund_created(told: DeliveryInfo, payload: Payload) -> RefundCreated:
    refund = _Refund.model_validate(payload)
    went_back = [each for each in refund.transactions if (each.kind, each.status) == ("refund", "success")]
    return RefundCreated(
        **told.heading(),
        refund_id=gid("Refund", refund.id),
        order_id=gid("Order", refund.order_id),
        lines=[
            RefundLine(
                line_item_id=gid("LineItem", line.line_item_id),
                quantity=line.quantity,
                properties=line.line_item.properties,
            )
            for line in refund.refund_line_items
        ],
        amount=sum((each.amount for each in went_back), Decimal(0)),
        currency=next((each.currency for each in went_back), None),
    )


def _product_updated(told: DeliveryInfo, payload: Payload) -> ProductUpdated:
    product = _Product.model_validate(payload)
    variants = [
        ProductVariant(variant_id=gid("ProductVariant", each.id), title=each.title, sku=each.sku, price=each.price)
        for each in product.variants
    ]
    return ProductUpdated(
        **told.heading(), product_id=product.id, title=product.title, status=product.status, variants=variants
    )


def _product_deleted(told: DeliveryInfo, payload: Payload) -> ProductDeleted:
    return ProductDeleted(**told.heading(), product_id=_Gone.model_validate(payload).id)


def _privacy_requested(told: DeliveryInfo, payload: Payload) -> PrivacyRequested:
    asked = _Privacy.model_validate(payload)
    return PrivacyRequested(
        **told.heading(),
        request=PrivacyTopic(told.topic),
        customer_id=gid_or_none("Customer", asked.customer.id if asked.customer else None),
        order_ids=[gid("Order", number) for number in (*asked.orders, *asked.orders_requested)],
        reference=str(asked.data_request.id) if asked.data_request else None,
    )


def _for_ourselves(told: DeliveryInfo, _payload: Payload) -> DeliveryReceived:
    return DeliveryReceived(**told.heading(), webhook_topic=told.topic, delivery_id=told.delivery_id)


def _shop_updated(told: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    parse_shop_details(payload)
    return _for_ourselves(told, payload)


def _scopes_updated(told: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    parse_granted_scopes(payload)
    return _for_ourselves(told, payload)


def _order_edited(told: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    parse_edited_order_number(payload)
    return _for_ourselves(told, payload)


_MESSAGES: dict[str, Callable[[DeliveryInfo, Payload], Message]] = {
    "app/uninstalled": _for_ourselves,
    "app/scopes_update": _scopes_updated,
    "shop/update": _shop_updated,
    "orders/create": _order_created,
    "orders/paid": _order_paid,
    "orders/updated": _order_updated,
    "orders/edited": _order_edited,
    "orders/cancelled": _order_cancelled,
    "refunds/create": _refund_created,
    "products/update": _product_updated,
    "products/delete": _product_deleted,
    PrivacyTopic.DATA_REQUEST: _privacy_requested,
    PrivacyTopic.CUSTOMER_REDACT: _privacy_requested,
    PrivacyTopic.SHOP_REDACT: _for_ourselves,
}
