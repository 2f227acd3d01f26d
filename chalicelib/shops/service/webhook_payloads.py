"""Parsing of webhook payloads into messages; numeric ids become GIDs.

Sources: shopify.dev/docs/api/webhooks (topics); shopify.dev/docs/api/admin-rest (the order, refund, product and shop
resources that they carry); shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from pydantic import Field

from chalicelib.kit.messages import Message
from chalicelib.shops.gids import gid, gid_or_none
from chalicelib.shops.schemas.messages import DeliveryReceived, PrivacyRequested, PrivacyTopic
from chalicelib.shops.schemas.orders import (
    OrderCancelled,
    OrderCreated,
    OrderPaid,
    OrderUpdated,
    ProductDeleted,
    ProductUpdated,
    ProductVariant,
    RefundCreated,
)
from chalicelib.shops.service import guests
from chalicelib.shops.service.order_payloads import CustomerPayload, OrderPayload, RefundPayload
from chalicelib.shops.service.payload_fields import PayloadModel
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


class _Variant(PayloadModel):
    id: int
    title: str
    sku: str | None = None
    price: Decimal


class _Product(PayloadModel):
    id: int
    title: str
    status: str = "active"
    variants: list[_Variant] = Field(default_factory=list)


class _DeletedProduct(PayloadModel):
    id: int


class _Shop(PayloadModel):
    name: str
    email: str | None = None
    currency: str
    iana_timezone: str | None = None
    plan_name: str | None = None
    plan_display_name: str | None = None


class _Scopes(PayloadModel):
    current: list[str]


class _OrderEdit(PayloadModel):
    order_id: int


class _OrderEdited(PayloadModel):
    order_edit: _OrderEdit


class _DataRequest(PayloadModel):
    id: int


class _Privacy(PayloadModel):
    customer: CustomerPayload | None = None
    orders: list[int] = Field(default_factory=list, validation_alias="orders_to_redact")
    orders_requested: list[int] = Field(default_factory=list)
    data_request: _DataRequest | None = None


def _order_fields(info: DeliveryInfo, payload: Payload) -> dict[str, Any]:
    order = OrderPayload.parse(payload, info.topic)
    return info.message_fields() | order.message_fields(partial(guests.pseudonymize, info.shop, info.app))


def _order_created(info: DeliveryInfo, payload: Payload) -> OrderCreated:
    return OrderCreated(**_order_fields(info, payload))


def _order_paid(info: DeliveryInfo, payload: Payload) -> OrderPaid:
    return OrderPaid(**_order_fields(info, payload))


def _order_updated(info: DeliveryInfo, payload: Payload) -> OrderUpdated:
    return OrderUpdated(**_order_fields(info, payload))


def _order_cancelled(info: DeliveryInfo, payload: Payload) -> OrderCancelled:
    fields = _order_fields(info, payload)
    return OrderCancelled(**fields | {"cancelled_at": fields["cancelled_at"] or info.triggered_at})


def _refund_created(info: DeliveryInfo, payload: Payload) -> RefundCreated:
    return RefundCreated(**info.message_fields(), **RefundPayload.parse(payload, info.topic).message_fields())


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
