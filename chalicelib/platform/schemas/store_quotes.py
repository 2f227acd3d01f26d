"""Schemas of quotes: the parts of an order that its amounts depend on."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from chalicelib.kit.schemas import Amount, Input, Schema


def _row_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError("must be a UUID") from None


RowId = Annotated[str, AfterValidator(_row_id), WithJsonSchema({"type": "string", "format": "uuid"})]
"""The id of a row, in lower case with hyphens."""
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217.")]
AmountInput = Annotated[Decimal, Field(ge=0, max_digits=19, decimal_places=4)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]
Sku = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]
Location = Sku
MOST_ITEMS = 100


class OrderItemCreate(Input):
    """A line of an order. Without `location` it takes its pieces from the first by name that has enough."""

    sku: Sku
    quantity: int = Field(ge=1, le=1_000_000)
    location: Location | None = None


class QuoteCreate(Input):
    """What the amounts of an order depend on. Money is in the currency's main unit, with at most its decimals."""

    currency: Currency
    customer_id: RowId | None = None
    items: list[OrderItemCreate] = Field(min_length=1, max_length=MOST_ITEMS)
    discount_code: Code | None = None
    tax_total: AmountInput = Decimal(0)
    shipping_total: AmountInput = Decimal(0)


class QuoteLineRead(Schema):
    """A line: `total` is quantity x unit_price - discount_amount. No `location`: the product's stock is not tracked."""

    product_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Amount
    discount_amount: Amount
    total: Amount
    location: str | None


class QuoteRead(Schema):
    """The amounts that an order would have: `total` is subtotal - discount_total + tax_total + shipping_total."""

    currency: str
    subtotal: Amount
    discount_total: Amount
    tax_total: Amount
    shipping_total: Amount
    total: Amount
    discount_id: str | None
    items: list[QuoteLineRead] = Field(validation_alias="lines")
