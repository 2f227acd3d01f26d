"""Parsing of orders and refunds in webhook payloads; numeric ids become GIDs.

Sources: shopify.dev/docs/api/admin-rest (the order and refund resources): `discount_allocations` of a line refer to the
order's `discount_applications` by index, and are amounts of the line's whole quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, Field

from chalicelib.shops.gids import gid, gid_or_none
from chalicelib.shops.schemas.orders import DiscountApplication, LineDiscount, OrderLine, OrderRefund, RefundLine
from chalicelib.shops.service.payload_fields import (
    Lenient,
    LenientList,
    Money,
    MoneySet,
    PayloadModel,
    Properties,
    shop_amount,
)

Pseudonymize = Callable[[str], str | None]
"""Returns the pseudonym of a guest's e-mail address; None if there can be none."""

_OWN_ATTRIBUTES = "_backroom"


class CustomerPayload(PayloadModel):
    """A customer; a guest has no id."""

    id: int | None = None


class _Allocation(PayloadModel):
    discount_application_index: int
    amount_set: MoneySet


class _Line(PayloadModel):
    id: int
    variant_id: int | None = None
    product_id: int | None = None
    quantity: int
    current_quantity: int | None = None
    properties: Properties = Field(default_factory=dict)
    sku: Lenient[str] = None
    title: Lenient[str] = None
    price: Lenient[Money] = None
    price_set: Lenient[MoneySet] = None
    gift_card: Lenient[bool] = None
    discount_allocations: LenientList[_Allocation] = Field(default_factory=list)

    def message_part(self) -> OrderLine:
        """Return the line as a part of a message. `price` is that of a unit in shop money, as `price_set` has it."""
        shop_price = shop_amount(self.price_set)
        return OrderLine(
            line_item_id=gid("LineItem", self.id),
            variant_id=gid_or_none("ProductVariant", self.variant_id),
            product_id=self.product_id,
            quantity=self.quantity,
            current_quantity=self.quantity if self.current_quantity is None else self.current_quantity,
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
    line_item_id: int
    quantity: int
    line_item: _RefundedLine = _RefundedLine()
    subtotal_set: Lenient[MoneySet] = None

    def message_part(self) -> RefundLine:
        """Return the refunded line as a part of a message."""
        return RefundLine(
            line_item_id=gid("LineItem", self.line_item_id),
            quantity=self.quantity,
            properties=self.line_item.properties,
            subtotal=shop_amount(self.subtotal_set),
        )


class _OrderRefund(PayloadModel):
    id: int
    refund_line_items: LenientList[_RefundLine] = Field(default_factory=list)


class _Transaction(PayloadModel):
    kind: str = "refund"
    status: str = "success"
    amount: Decimal
    currency: str | None = None


class OrderPayload(PayloadModel):
    """An order."""

    id: int
    order_number: int
    total_price: Decimal
    currency: str
    customer: CustomerPayload | None = None
    created_at: AwareDatetime | None = None
    cancelled_at: AwareDatetime | None = None
    financial_status: str | None = None
    line_items: list[_Line]
    updated_at: Lenient[AwareDatetime] = None
    test: Lenient[bool] = None
    discount_applications: LenientList[_Application] = Field(default_factory=list)
    refunds: LenientList[_OrderRefund] = Field(default_factory=list)
    note_attributes: Lenient[Properties] = None
    email: Lenient[str] = None
    contact_email: Lenient[str] = None

    def message_fields(self, pseudonymize: Pseudonymize) -> dict[str, Any]:
        """Return the fields of every order message. A guest's e-mail address is replaced by its pseudonym."""
        customer_id = gid_or_none("Customer", self.customer.id if self.customer else None)
        address = None if customer_id else self.email or self.contact_email
        return {
            "order_id": gid("Order", self.id),
            "order_number": str(self.order_number),
            "customer_id": customer_id,
            "placed_at": self.created_at,
            "updated_at": self.updated_at,
            "cancelled_at": self.cancelled_at,
            "total_price": self.total_price,
            "currency": self.currency,
            "is_paid": self.financial_status in ("paid", "partially_refunded", "refunded"),
            "voided": self.financial_status == "voided",
            "test": bool(self.test),
            "lines": [line.message_part() for line in self.line_items],
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
            "attributes": own_attributes(self.note_attributes or {}),
            "guest": pseudonymize(address) if address else None,
        }


class RefundPayload(PayloadModel):
    """A refund with its transactions."""

    id: int
    order_id: int
    refund_line_items: list[_RefundLine] = Field(default_factory=list)
    transactions: list[_Transaction] = Field(default_factory=list)

    def message_fields(self) -> dict[str, Any]:
        """Return the fields of the refund's message. Only successful refund transactions count."""
        transactions = [each for each in self.transactions if (each.kind, each.status) == ("refund", "success")]
        return {
            "refund_id": gid("Refund", self.id),
            "order_id": gid("Order", self.order_id),
            "lines": [line.message_part() for line in self.refund_line_items],
            "amount": sum((each.amount for each in transactions), Decimal(0)),
            "currency": next((each.currency for each in transactions), None),
        }


def own_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the order's attributes that this bundle's theme extensions set."""
    return {name: value for name, value in attributes.items() if name.startswith(_OWN_ATTRIBUTES)}
