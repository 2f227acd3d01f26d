"""Parsing of webhook payloads into messages; numeric ids become GIDs.

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
    """Shop, app, topic and time of a delivery; `delivery_id` also becomes the id of its message."""

    shop: str
    app: str
    topic: str
    delivery_id: str
    triggered_at: datetime

    def message_fields(self) -> dict[str, Any]:
        """Return the fields that every message of a shop has."""
        return {"message_id": self.delivery_id, "shop": self.shop, "app": self.app, "triggered_at": self.triggered_at}


def build_message(info: DeliveryInfo, payload: Payload) -> Message | None:
    """Build the message of a delivery, to other contexts or this one's own queue; None for a topic without a message.

    Raises pydantic's ValidationError if the payload does not match the topic.
    """
    build = _BUILDERS.get(info.topic)
    return build(info, payload) if build else None


def parse_shop_details(payload: Payload) -> dict[str, str | None]:
    """Return the columns of the shop's row in a `shop/update` payload. Raises ValidationError."""
    shop = _Shop.model_validate(payload)
    return {
        "shop_name": shop.name,
        "email": shop.email,
        "currency": shop.currency,
        "iana_timezone": shop.iana_timezone,
        "plan_name": shop.plan_display_name or shop.plan_name,
    }


def parse_granted_scopes(payload: Payload) -> list[str]:
    """Return the access scopes in an `app/scopes_update` payload, sorted. Raises ValidationError."""
    return sorted(_Scopes.model_validate(payload).current)


def parse_edited_order_number(payload: Payload) -> int:
    """Return the number of the order in an `orders/edited` payload. Raises ValidationError."""
    return _OrderEdited.model_validate(payload).order_edit.order_id


class _Payload(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore", hide_input_in_errors=True)


def _properties_by_name(properties: Any) -> Any:
    """Convert line item properties, a list of names and values, to a mapping; a value may be any JSON or null."""
    if not isinstance(properties, list):
        return properties or {}
    if not all(isinstance(each, dict) and "name" in each for each in properties):
        raise ValueError("must be a list of names and values")
    return {str(each["name"]): "" if each.get("value") is None else str(each["value"]) for each in properties}


Properties = Annotated[dict[str, str], BeforeValidator(_properties_by_name)]


class _Line(_Payload):
    id: int
    variant_id: int | None = None
    product_id: int | None = None
    quantity: int
    current_quantity: int | None = None
    properties: Properties = {}


class _Customer(_Payload):
    id: int | None = None


class _Order(_Payload):
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


class _RefundedLine(_Payload):
    properties: Properties = {}


class _RefundLine(_Payload):
    line_item_id: int
    quantity: int
    line_item: _RefundedLine = _RefundedLine()


class _Transaction(_Payload):
    kind: str = "refund"
    status: str = "success"
    amount: Decimal
    currency: str | None = None


class _Refund(_Payload):
    id: int
    order_id: int
    refund_line_items: list[_RefundLine] = []
    transactions: list[_Transaction] = []


class _Variant(_Payload):
    id: int
    title: str
    sku: str | None = None
    price: Decimal


class _Product(_Payload):
    id: int
    title: str
    status: str = "active"
    variants: list[_Variant] = []


class _DeletedProduct(_Payload):
    id: int


class _Shop(_Payload):
    name: str
    email: str | None = None
    currency: str
    iana_timezone: str | None = None
    plan_name: str | None = None
    plan_display_name: str | None = None


class _Scopes(_Payload):
    current: list[str]


class _OrderEdit(_Payload):
    order_id: int


class _OrderEdited(_Payload):
    order_edit: _OrderEdit


class _DataRequest(_Payload):
    id: int


class _Privacy(_Payload):
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


def _order_created(info: DeliveryInfo, payload: Payload) -> OrderCreated:
    return OrderCreated(**info.message_fields(), **_Order.model_validate(payload).fields())


def _order_paid(info: DeliveryInfo, payload: Payload) -> OrderPaid:
    return OrderPaid(**info.message_fields(), **_Order.model_validate(payload).fields())


def _order_updated(info: DeliveryInfo, payload: Payload) -> OrderUpdated:
    return OrderUpdated(**info.message_fields(), **_Order.model_validate(payload).fields())


def _order_cancelled(info: DeliveryInfo, payload: Payload) -> OrderCancelled:
    order = _Order.model_validate(payload)
    return OrderCancelled(
        **info.message_fields(), **order.fields(), cancelled_at=order.cancelled_at or info.triggered_at
    )


def _refund_created(info: DeliveryInfo, payload: Payload) -> RefundCreated:
    refund = _Refund.model_validate(payload)
    refund_transactions = [each for each in refund.transactions if (each.kind, each.status) == ("refund", "success")]
    return RefundCreated(
        **info.message_fields(),
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
        amount=sum((each.amount for each in refund_transactions), Decimal(0)),
        currency=next((each.currency for each in refund_transactions), None),
    )


def _product_updated(info: DeliveryInfo, payload: Payload) -> ProductUpdated:
    product = _Product.model_validate(payload)
    variants = [
        ProductVariant(variant_id=gid("ProductVariant", each.id), title=each.title, sku=each.sku, price=each.price)
        for each in product.variants
    ]
    return ProductUpdated(
        **info.message_fields(), product_id=product.id, title=product.title, status=product.status, variants=variants
    )


def _product_deleted(info: DeliveryInfo, payload: Payload) -> ProductDeleted:
    return ProductDeleted(**info.message_fields(), product_id=_DeletedProduct.model_validate(payload).id)


def _privacy_requested(info: DeliveryInfo, payload: Payload) -> PrivacyRequested:
    privacy = _Privacy.model_validate(payload)
    return PrivacyRequested(
        **info.message_fields(),
        request=PrivacyTopic(info.topic),
        customer_id=gid_or_none("Customer", privacy.customer.id if privacy.customer else None),
        order_ids=[gid("Order", number) for number in (*privacy.orders, *privacy.orders_requested)],
        reference=str(privacy.data_request.id) if privacy.data_request else None,
    )


def _delivery_received(info: DeliveryInfo, _payload: Payload) -> DeliveryReceived:
    return DeliveryReceived(**info.message_fields(), webhook_topic=info.topic, delivery_id=info.delivery_id)


def _shop_updated(info: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    parse_shop_details(payload)
    return _delivery_received(info, payload)


def _scopes_updated(info: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    parse_granted_scopes(payload)
    return _delivery_received(info, payload)


def _order_edited(info: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    parse_edited_order_number(payload)
    return _delivery_received(info, payload)


_BUILDERS: dict[str, Callable[[DeliveryInfo, Payload], Message]] = {
    "app/uninstalled": _delivery_received,
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
    PrivacyTopic.SHOP_REDACT: _delivery_received,
}
