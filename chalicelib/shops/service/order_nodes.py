"""Parsing of orders and refunds of the Admin API, into the same fields as webhook payloads.

A malformed part, or one that is null because the granted scopes do not cover it, is dropped, counted and logged.
Sources: shopify.dev/docs/api/admin-graphql (Order, LineItem, DiscountApplication, Refund).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from chalicelib.shops.gids import number_of
from chalicelib.shops.schemas.orders import DiscountApplication, LineDiscount, OrderLine, OrderRefund, RefundLine
from chalicelib.shops.service.order_payloads import own_attributes
from chalicelib.shops.service.payload_fields import (
    Currency,
    Gid,
    Id,
    Lenient,
    LenientList,
    Moment,
    MoneySet,
    PayloadModel,
    Properties,
    Quantity,
    shop_amount,
)

_PAID = {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}
_APPLICATION_TYPES = {
    "AutomaticDiscountApplication": "automatic",
    "DiscountCodeApplication": "discount_code",
    "ManualDiscountApplication": "manual",
    "ScriptDiscountApplication": "script",
}
"""The type of a discount application in webhooks, by its GraphQL type."""


class _Node(PayloadModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Reference(_Node):
    id: Gid


class _ApplicationIndex(_Node):
    index: Quantity


class _Allocation(_Node):
    allocated_amount_set: MoneySet
    discount_application: _ApplicationIndex


class _Line(_Node):
    id: Gid
    quantity: Quantity
    current_quantity: Lenient[Quantity] = None
    title: Lenient[str] = None
    sku: Lenient[str] = None
    is_gift_card: Lenient[bool] = None
    product: Lenient[_Reference] = None
    variant: Lenient[_Reference] = None
    custom_attributes: Properties = Field(default_factory=dict)
    original_unit_price_set: Lenient[MoneySet] = None
    discount_allocations: LenientList[_Allocation] = Field(default_factory=list)

    def message_part(self) -> OrderLine:
        """Return the line as a part of a message."""
        return OrderLine(
            line_item_id=self.id,
            variant_id=self.variant.id if self.variant else None,
            product_id=number_of(self.product.id) if self.product else None,
            quantity=self.quantity,
            current_quantity=self.quantity if self.current_quantity is None else self.current_quantity,
            properties=self.custom_attributes,
            sku=self.sku or None,
            title=self.title,
            price=shop_amount(self.original_unit_price_set),
            gift_card=bool(self.is_gift_card),
            discounts=[
                LineDiscount(
                    application=each.discount_application.index, amount=each.allocated_amount_set.shop_money.amount
                )
                for each in self.discount_allocations
                if each
            ],
        )


class _Application(_Node):
    type_name: str = Field(alias="__typename")
    index: Quantity
    title: Lenient[str] = None
    code: Lenient[str] = None
    target_type: Lenient[str] = None

    def message_part(self) -> DiscountApplication:
        """Return the discount application as a part of a message."""
        return DiscountApplication(
            index=self.index,
            type=_APPLICATION_TYPES.get(self.type_name, self.type_name),
            title=self.title,
            code=self.code,
            target_type=self.target_type.lower() if self.target_type else None,
        )


class _RefundedLine(_Node):
    id: Gid
    custom_attributes: Properties = Field(default_factory=dict)


class _RefundLine(_Node):
    quantity: Quantity
    line_item: _RefundedLine
    subtotal_set: Lenient[MoneySet] = None

    def message_part(self) -> RefundLine:
        """Return the refunded line as a part of a message."""
        return RefundLine(
            line_item_id=self.line_item.id,
            quantity=self.quantity,
            properties=self.line_item.custom_attributes,
            subtotal=shop_amount(self.subtotal_set),
        )


class RefundNode(_Node):
    """A refund; `refund_line_items` has the nodes of all pages."""

    id: Gid
    created_at: Lenient[Moment] = None
    total_refunded_set: Lenient[MoneySet] = None
    refund_line_items: LenientList[_RefundLine] = Field(default_factory=list)

    def message_fields(self, order_id: str, currency: str | None) -> dict[str, Any]:
        """Return the fields of the refund's message."""
        return {
            "refund_id": self.id,
            "order_id": order_id,
            "lines": self.message_lines(),
            "amount": shop_amount(self.total_refunded_set) or Decimal(0),
            "currency": currency,
        }

    def message_lines(self) -> list[RefundLine]:
        """Return the refunded lines as parts of a message."""
        return [line.message_part() for line in self.refund_line_items if line]


class OrderNode(_Node):
    """An order; its lists have the nodes of all pages."""

    id: Gid
    number: Lenient[Id] = None
    created_at: Lenient[Moment] = None
    updated_at: Lenient[Moment] = None
    cancelled_at: Lenient[Moment] = None
    edited: Lenient[bool] = None
    currency_code: Lenient[Currency] = None
    display_financial_status: Lenient[str] = None
    test: Lenient[bool] = None
    email: Lenient[str] = None
    total_price_set: Lenient[MoneySet] = None
    customer: Lenient[_Reference] = None
    custom_attributes: Properties = Field(default_factory=dict)
    discount_applications: LenientList[_Application] = Field(default_factory=list)
    refunds: LenientList[RefundNode] = Field(default_factory=list)
    line_items: LenientList[_Line] = Field(default_factory=list)

    def message_fields(self) -> dict[str, Any]:
        """Return the fields of every order message, without the guest."""
        return {
            "order_id": self.id,
            "order_number": str(self.number) if self.number else None,
            "customer_id": self.customer.id if self.customer else None,
            "placed_at": self.created_at,
            "updated_at": self.updated_at,
            "cancelled_at": self.cancelled_at,
            "total_price": shop_amount(self.total_price_set),
            "currency": self.currency_code,
            "is_paid": self.display_financial_status in _PAID,
            "voided": self.display_financial_status == "VOIDED",
            "test": bool(self.test),
            "lines": [line.message_part() for line in self.line_items if line],
            "applications": [each.message_part() for each in self.discount_applications if each],
            "refunds": [OrderRefund(refund_id=each.id, lines=each.message_lines()) for each in self.refunds if each],
            "attributes": own_attributes(self.custom_attributes),
        }
