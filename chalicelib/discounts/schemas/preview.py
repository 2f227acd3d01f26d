"""Schemas of the preview: a cart, and the shop's discounts for it."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from chalicelib.discounts.domain.combination import LeftOutReason
from chalicelib.discounts.domain.preview_selection import CodeReason
from chalicelib.discounts.schemas.discounts import DiscountCreate, Text, Value
from chalicelib.kit.schemas import Amount, Input, Schema

MAX_LINES = 200
MAX_CODES = 20
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Rate = Annotated[Decimal, Field(gt=0, max_digits=24, decimal_places=12)]


class PreviewLineInput(Input):
    """A line of the cart. `unit_price` is in the cart's currency."""

    sku: Text | None = None
    variant_id: Annotated[str, Field(pattern=r"^gid://shopify/ProductVariant/[0-9]{1,20}$")] | None = None
    quantity: int = Field(ge=1, le=1_000_000)
    unit_price: Value


class PreviewDraft(DiscountCreate):
    """Terms that are not saved. With `discount_id`, they replace those of a saved discount."""

    discount_id: Text | None = None


class PreviewCreate(Input):
    """A cart. `rate` converts the shop's currency into `currency`, by default the shop's own."""

    codes: list[Text] = Field(default=[], max_length=MAX_CODES)
    lines: list[PreviewLineInput] = Field(min_length=1, max_length=MAX_LINES)
    draft: PreviewDraft | None = None
    currency: CurrencyCode | None = None
    rate: Rate = Decimal(1)


class PreviewLineRead(Schema):
    """A line's money for all of its units, and the discount that it gets."""

    before: Amount
    amount: Amount
    after: Amount
    discount_id: str | None


class LeftOutRead(Schema):
    """A discount that gives nothing, and why. An unknown code has no id."""

    discount_id: str | None
    reason: LeftOutReason | CodeReason


class PreviewRead(Schema):
    """An estimate of the cart. A draft without an id is named `draft`."""

    lines: list[PreviewLineRead]
    total_before: Amount
    total_discount: Amount
    total_after: Amount
    left_out: list[LeftOutRead]
