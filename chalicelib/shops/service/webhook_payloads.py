"""Parsing of webhook payloads into messages; numeric ids become GIDs.

Sources: shopify.dev/docs/api/webhooks (topics); shopify.dev/docs/api/admin-rest (the order, refund, product and shop
resources that they carry); shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self

from pydantic import Field, model_validator

from chalicelib.kit.messages import Message
from chalicelib.shops.errors import InvalidShopDomain
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
from chalicelib.shops.service.oauth_install import require_shop_domain
from chalicelib.shops.service.order_payloads import CustomerPayload, OrderPayload, RefundPayload
from chalicelib.shops.service.payload_fields import (
    Currency,
    Id,
    Items,
    Lenient,
    LenientList,
    Money,
    PayloadModel,
)
from chalicelib.shops.service.payload_storage import Payload
from chalicelib.shops.webhook_topics import COMPLIANCE_TOPICS


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


def with_delivery_id(message: Message, delivery_id: str) -> Message:
    """Return the message with the id of the stored delivery."""
    ids = {"message_id": delivery_id}
    return message.model_copy(update={**ids, "delivery_id": delivery_id} if "delivery_id" in message.__dict__ else ids)


def parse_compliance_shop(topic: str, payload: Payload) -> str | None:
    """Return the shop's domain in the body of a compliance topic; None for another topic or an invalid domain."""
    domain = _ComplianceShop.model_validate(payload).shop_domain if topic in COMPLIANCE_TOPICS else None
    try:
        return require_shop_domain(domain) if domain else None
    except InvalidShopDomain:
        return None


@dataclass(frozen=True, slots=True)
class ReportedShop:
    """The shop's GID and myshopify domain in a payload; the domain is None if the payload has none."""

    shopify_id: str
    domain: str | None


def parse_reported_shop(topic: str, payload: Payload) -> ReportedShop | None:
    """Return the shop that a payload identifies; None for a topic whose payload identifies none, or without a valid id."""
    if topic not in _SHOP_RESOURCES and topic not in COMPLIANCE_TOPICS:
        return None
    shop = _ReportedShop.model_validate(payload)
    number, text = (shop.id, shop.myshopify_domain) if topic in _SHOP_RESOURCES else (shop.shop_id, shop.shop_domain)
    try:
        return ReportedShop(gid("Shop", number), require_shop_domain(text) if text else None) if number else None
    except InvalidShopDomain:
        return None


def parse_shop_details(payload: Payload) -> dict[str, str | None]:
    """Return the columns of the shop's row in a `shop/update` payload. Raises ValidationError."""
    shop = _Shop.model_validate(payload)  # the intake has counted the dropped parts
    return {
        "shop_name": shop.name,
        "email": shop.email,
        "currency": shop.currency,
        "iana_timezone": shop.iana_timezone,
        "plan_name": shop.plan_display_name or shop.plan_name,
    }


def parse_granted_scopes(payload: Payload) -> list[str]:
    """Return the access scopes in an `app/scopes_update` payload, sorted. Raises ValidationError."""
    return sorted({scope for scope in _Scopes.model_validate(payload).current if scope})


def parse_edited_order_number(payload: Payload) -> int:
    """Return the number of the order in an `orders/edited` payload. Raises ValidationError."""
    return _OrderEdited.model_validate(payload).order_edit.order_id


class _Variant(PayloadModel):
    id: Id
    title: Lenient[str] = None
    sku: Lenient[str] = None
    price: Lenient[Money] = None


class _Product(PayloadModel):
    id: Id
    title: Lenient[str] = None
    status: Lenient[str] = None
    variants: LenientList[_Variant] = Field(default_factory=list)


class _DeletedProduct(PayloadModel):
    id: Id


class _Shop(PayloadModel):
    name: Lenient[str] = None
    email: Lenient[str] = None
    currency: Lenient[Currency] = None
    iana_timezone: Lenient[str] = None
    plan_name: Lenient[str] = None
    plan_display_name: Lenient[str] = None


class _Scopes(PayloadModel):
    current: Items[str]


class _OrderEdit(PayloadModel):
    order_id: Id


class _OrderEdited(PayloadModel):
    order_edit: _OrderEdit


class _DataRequest(PayloadModel):
    id: Lenient[Id] = None


class _Privacy(PayloadModel):
    customer: Lenient[CustomerPayload] = None
    orders: LenientList[Id] = Field(default_factory=list, validation_alias="orders_to_redact")
    orders_requested: LenientList[Id] = Field(default_factory=list)
    data_request: Lenient[_DataRequest] = None

    @property
    def customer_id(self) -> int | None:
        return self.customer.id if self.customer else None

    @property
    def order_numbers(self) -> list[int]:
        return [number for number in (*self.orders, *self.orders_requested) if number]

    @model_validator(mode="after")
    def _require_person(self) -> Self:
        if self.customer_id is None and not self.order_numbers:
            raise ValueError("needs the id of a customer or of an order")
        return self


_SHOP_RESOURCES = ("app/uninstalled", "shop/update")
"""Topics whose payload is the shop."""


class _ReportedShop(PayloadModel):
    id: Lenient[Id] = None
    myshopify_domain: Lenient[str] = None
    shop_id: Lenient[Id] = None
    shop_domain: Lenient[str] = None


class _ComplianceShop(PayloadModel):
    shop_domain: Lenient[str] = None


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
    product = _Product.parse(payload, info.topic)
    variants = [
        ProductVariant(variant_id=gid("ProductVariant", each.id), title=each.title, sku=each.sku, price=each.price)
        for each in product.variants
        if each
    ]
    return ProductUpdated(
        **info.message_fields(), product_id=product.id, title=product.title, status=product.status, variants=variants
    )


def _product_deleted(info: DeliveryInfo, payload: Payload) -> ProductDeleted:
    return ProductDeleted(**info.message_fields(), product_id=_DeletedProduct.parse(payload, info.topic).id)


def _privacy_requested(info: DeliveryInfo, payload: Payload) -> PrivacyRequested:
    privacy = _Privacy.parse(payload, info.topic)
    return PrivacyRequested(
        **info.message_fields(),
        request=PrivacyTopic(info.topic),
        customer_id=gid_or_none("Customer", privacy.customer_id),
        order_ids=[gid("Order", number) for number in privacy.order_numbers],
        reference=str(privacy.data_request.id) if privacy.data_request and privacy.data_request.id else None,
    )


def _delivery_received(info: DeliveryInfo, _payload: Payload) -> DeliveryReceived:
    return DeliveryReceived(**info.message_fields(), webhook_topic=info.topic, delivery_id=info.delivery_id)


def _shop_updated(info: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    _Shop.parse(payload, info.topic)
    return _delivery_received(info, payload)


def _scopes_updated(info: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    _Scopes.parse(payload, info.topic)
    return _delivery_received(info, payload)


def _order_edited(info: DeliveryInfo, payload: Payload) -> DeliveryReceived:
    _OrderEdited.parse(payload, info.topic)
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
