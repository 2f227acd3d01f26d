"""Parsing of orders and refunds in webhook payloads; numeric ids become GIDs.

Sources: shopify.dev/docs/api/admin-rest (the order and refund resources): `discount_allocations` of a line refer to the
order's `discount_applications` by index, and are amounts of the line's whole quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Self

from pydantic import Field, model_validator

from chalicelib.shops.gids import gid, gid_or_none
from chalicelib.shops.schemas.orders import DiscountApplication, LineDiscount, OrderLine, OrderRefund, RefundLine
from chalicelib.shops.service.payload_fields import (
    Currency,
    Id,
    Lenient,
    LenientList,
    Moment,
    Money,
    MoneySet,
    PayloadModel,
    Properties,
    Quantity,
    shop_amount,
)

Pseudonymize = Callable[[str], str | None]
"""Returns the pseudonym of a guest's e-mail address; None if there can be none."""

_OWN_ATTRIBUTES = "_backroom"


class CustomerPayload(PayloadModel):
    """A customer; a guest has no id."""

    id: Lenient[Id] = None


class _Allocation(PayloadModel):
    discount_application_index: Quantity
    amount_set: MoneySet


class _Line(PayloadModel):
    id: Id
    variant_id: Lenient[Id] = None
    product_id: Lenient[Id] = None
    quantity: Lenient[Quantity] = None
    current_quantity: Lenient[Quantity] = None
    properties: Properties = Field(default_factory=dict)
    sku: Lenient[str] = None
    title: Lenient[str] = None
    price: Lenient[Money] = None
    price_set: Lenient[MoneySet] = None
    gift_card: Lenient[bool] = None
    discount_allocations: LenientList[_Allocation] = Field(default_factory=list)

    @model_validator(mode="after")
    def _require_quantity(self) -> Self:
        if self.quantity is None and self.current_quantity is None:
            raise ValueError("needs a quantity")
        return self

    def message_part(self) -> OrderLine:
        """Return the line as a part of a message. `price` is the price of a unit in shop money, as in `price_set`.

        If one of the two quantities is missing, both have the value of the other.
        """
        shop_price = shop_amount(self.price_set)
        quantities = [each for each in (self.quantity, self.current_quantity) if each is not None]
        return OrderLine(
            line_item_id=gid("LineItem", self.id),
            variant_id=gid_or_none("ProductVariant", self.variant_id),
            product_id=self.product_id,
            quantity=quantities[0],
            current_quantity=quantities[-1],
            properties=self.properties,
            sku=self.sku or None,
            title=self.title,
            price=self.price if shop_price is None else shop_price,
            gift_card=bool(self.gift_card),
            discounts=[
                LineDiscount(application=each.discount_application_index, amount=each.amount_set.shop_money.amount)
                for each in self.discount_allocations
                if each
            ],
        )


class _Application(PayloadModel):
    type: str
    title: Lenient[str] = None
    code: Lenient[str] = None
    target_type: Lenient[str] = None


class _RefundedLine(PayloadModel):
    properties: Properties = Field(default_factory=dict)


class _RefundLine(PayloadModel):
    line_item_id: Id
    quantity: Quantity
    line_item: Lenient[_RefundedLine] = None
    subtotal_set: Lenient[MoneySet] = None

    def message_part(self) -> RefundLine:
        """Return the refunded line as a part of a message."""
        return RefundLine(
            line_item_id=gid("LineItem", self.line_item_id),
            quantity=self.quantity,
            properties=self.line_item.properties if self.line_item else {},
            subtotal=shop_amount(self.subtotal_set),
            has_properties=self.line_item is not None,
        )


class _OrderRefund(PayloadModel):
    id: Id
    refund_line_items: LenientList[_RefundLine] = Field(default_factory=list)


class _Transaction(PayloadModel):
    kind: Lenient[str] = None
    status: Lenient[str] = None
    amount: Money
    currency: Lenient[Currency] = None

    @property
    def is_refund(self) -> bool:
        """Whether money was returned. A missing kind counts as `refund`, a missing status as `success`."""
        return (self.kind or "refund", self.status or "success") == ("refund", "success")


class OrderPayload(PayloadModel):
    """An order; only its id is required."""

    id: Id
    order_number: Lenient[Id] = None
    name: Lenient[str] = None
    total_price: Lenient[Money] = None
    currency: Lenient[Currency] = None
    customer: Lenient[CustomerPayload] = None
    created_at: Lenient[Moment] = None
    cancelled_at: Lenient[Moment] = None
    financial_status: Lenient[str] = None
    line_items: LenientList[_Line] = Field(default_factory=list)
    updated_at: Lenient[Moment] = None
    test: Lenient[bool] = None
    discount_applications: LenientList[_Application] = Field(default_factory=list)
    refunds: LenientList[_OrderRefund] = Field(default_factory=list)
    note_attributes: Properties = Field(default_factory=dict)
    email: Lenient[str] = None
    contact_email: Lenient[str] = None

    def message_fields(self, pseudonymize: Pseudonymize) -> dict[str, Any]:
        """Return the fields of every order message. A guest's e-mail address is replaced by its pseudonym."""
        customer_id = gid_or_none("Customer", self.customer.id if self.customer else None)
        address = None if customer_id else self.email or self.contact_email
        return {
            "order_id": gid("Order", self.id),
            "order_number": str(self.order_number) if self.order_number else (self.name or "").lstrip("#") or None,
            "customer_id": customer_id,
            "placed_at": self.created_at,
            "updated_at": self.updated_at,
            "cancelled_at": self.cancelled_at,
            "total_price": self.total_price,
            "currency": self.currency,
            "is_paid": self.financial_status in ("paid", "partially_refunded", "refunded"),
            "voided": self.financial_status == "voided",
            "test": bool(self.test),
            "lines": [line.message_part() for line in self.line_items if line],
            "applications": [
                DiscountApplication(index=index, **application.model_dump())
                for index, application in enumerate(self.discount_applications)
                if application
            ],
            "refunds": [
                OrderRefund(
                    refund_id=gid("Refund", refund.id),
                    lines=[line.message_part() for line in refund.refund_line_items if line],
                )
                for refund in self.refunds
                if refund
            ],
            "attributes": own_attributes(self.note_attributes),
            "guest": pseudonymize(address) if address else None,
        }


class RefundPayload(PayloadModel):
    """A refund with its transactions."""

    id: Id
    order_id: Id
    refund_line_items: LenientList[_RefundLine] = Field(default_factory=list)
    transactions: LenientList[_Transaction] = Field(default_factory=list)

    def message_fields(self) -> dict[str, Any]:
        """Return the fields of the refund's message. Only successful refund transactions count."""
        transactions = [each for each in self.transactions if each and each.is_refund]
        return {
            "refund_id": gid("Refund", self.id),
            "order_id": gid("Order", self.order_id),
            "lines": [line.message_part() for line in self.refund_line_items if line],
            "amount": sum((each.amount for each in transactions), Decimal(0)),
            "currency": next((each.currency for each in transactions), None),
        }


def own_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the order's attributes that this bundle's theme extensions set."""
    return {name: value for name, value in attributes.items() if name.startswith(_OWN_ATTRIBUTES)}
