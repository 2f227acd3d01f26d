"""Schemas of discounts: what merchants send and read."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints, WithJsonSchema

from chalicelib.discounts.enums import DiscountStatus, Publication, ValueType
from chalicelib.kit.schemas import UNCHANGED, Amount, Input, PageQuery, Schema, Timestamp

Text = Annotated[str, Field(min_length=1, max_length=255)]
Item = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=255)]
"""A SKU, exactly as at Shopify, or the GID of a variant."""
Value = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=4)]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
WindowTime = Annotated[datetime, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A time; without an offset it is in the shop's time zone."""


class UnitValueInput(Input):
    """A value for one item."""

    value_type: ValueType
    value: Value


class CombinationsInput(Input):
    """Which other discounts may apply to the same cart. `tags` are for Shopify Plus."""

    product: bool = False
    order: bool = False
    shipping: bool = False
    tags: list[Text] = Field(default=[], max_length=25)


class DiscountCreate(Input):
    """A discount. Money is in the shop's currency. Without a code it applies automatically."""

    title: Text
    discount_code: Text | None = None
    value_type: ValueType
    value: Value
    skus: list[Item] = Field(description="SKUs and GIDs of variants.")
    overrides: dict[Item, UnitValueInput] | None = None
    minimum_quantity: Count = 1
    usage_limit: Count | None = None
    once_per_customer: bool = False
    combines_with: CombinationsInput = CombinationsInput()
    starts_at: WindowTime | None = None
    ends_at: WindowTime | None = None
    is_active: bool = True


class DiscountUpdate(Input):
    """Changes to a discount; omitted fields stay. `overrides` and `skus` are replaced as a whole."""

    title: Text = UNCHANGED
    discount_code: Text | None = UNCHANGED
    value_type: ValueType = UNCHANGED
    value: Value = UNCHANGED
    skus: list[Item] = UNCHANGED
    overrides: dict[Item, UnitValueInput] | None = UNCHANGED
    minimum_quantity: Count = UNCHANGED
    usage_limit: Count | None = UNCHANGED
    once_per_customer: bool = UNCHANGED
    combines_with: CombinationsInput = UNCHANGED
    starts_at: WindowTime | None = UNCHANGED
    ends_at: WindowTime | None = UNCHANGED
    is_active: bool = UNCHANGED


class DiscountQuery(PageQuery):
    status: DiscountStatus | None = None


class DiscountRead(Schema):
    """A discount. `published_version` is the newest version that Shopify has."""

    discount_id: str
    discount_code: str | None
    title: str
    status: DiscountStatus
    value_type: ValueType
    value: Amount
    skus: list[str]
    overrides: dict[str, dict[str, Any]] | None
    minimum_quantity: int | None
    usage_limit: int | None
    once_per_customer: bool
    combines_with: dict[str, Any]
    starts_at: Timestamp | None
    ends_at: Timestamp | None
    is_active: bool
    publication: Publication
    publication_error: str | None
    published_version: int | None
    ab_test_id: str | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp
