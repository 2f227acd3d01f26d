"""Schemas of orders in a store's database."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, JsonValue, StringConstraints

from chalicelib.kit.minor_units import decimals_of, to_amount, to_minor_units
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp
from chalicelib.platform.enums import OrderStatus
from chalicelib.platform.schemas.store_quotes import QuoteCreate

AddressText = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
Address = Annotated[dict[AddressText, AddressText | None], Field(max_length=30)]
"""The parts of an address by name, as the store's pages use them."""


class OrderCreate(QuoteCreate):
    """An order. Its lines are priced, its pieces and the use of its code reserved when it is placed."""

    billing_address: Address | None = None
    shipping_address: Address | None = None


class OrderUpdate(Input):
    """A change of status: pending to paid to fulfilled; pending or paid to cancelled; paid or fulfilled to refunded."""

    status: OrderStatus


class OrderItemRead(Schema):
    """A line of an order. The `product_id` is null once the product is deleted."""

    id: str
    position: int
    product_id: str | None
    sku: str
    name: str
    quantity: int
    unit_price: Amount
    discount_amount: Amount
    total: Amount
    location: str | None


class OrderRead(Schema):
    """An order with its items."""

    id: str
    number: int
    customer_id: str | None
    status: OrderStatus
    currency: str
    subtotal: Amount
    discount_total: Amount
    tax_total: Amount
    shipping_total: Amount
    total: Amount
    discount_id: str | None
    billing_address: JsonValue
    shipping_address: JsonValue
    placed_at: Timestamp
    paid_at: Timestamp | None
    fulfilled_at: Timestamp | None
    cancelled_at: Timestamp | None
    refunded_at: Timestamp | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp
    items: list[OrderItemRead]

    @classmethod
    def of_rows(cls, order: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Self:
        """Build the schema from the columns of an order and its items; amounts get the currency's decimals."""
        decimals = decimals_of(order["currency"])

        def in_currency(row: Mapping[str, Any]) -> dict[str, Any]:
            return {
                name: to_amount(to_minor_units(value, decimals), decimals) if isinstance(value, Decimal) else value
                for name, value in row.items()
            }

        return cls.model_validate(in_currency(order) | {"items": [in_currency(item) for item in items]})
