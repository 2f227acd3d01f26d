"""Schemas of A/B tests of discounts' values."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chalicelib.discounts.domain.ab_choice import VISITOR
from chalicelib.discounts.enums import ValueType
from chalicelib.discounts.schemas.discounts import Value
from chalicelib.kit.schemas import Amount, Input, Query, Schema, Timestamp


class AbTestCreate(Input):
    """A test of another value for the same items. Variant `a` is the discount, `b` this value; half the visitors each."""

    discount_id: str = Field(min_length=1, max_length=64)
    value_type: ValueType
    value: Value


class AbTestStep(StrEnum):
    START = "start"
    STOP = "stop"
    APPLY = "apply"


class AbTestAction(Input):
    """`apply` sets the winner's value as the discount's."""

    action: AbTestStep


class AbVariantRead(Schema):
    """One variant: its value, and its visitors' orders. Revenue is that of the test's items, after discounts."""

    variant: str
    value_type: ValueType
    value: Amount
    visitors: int
    buyers: int
    revenue: Amount
    mean: float | None = Field(description="Revenue per visitor.")


class AbTestRead(Schema):
    test_id: str
    discount_id: str
    status: str = Field(description="draft, running or stopped", examples=["running"])
    variants: list[AbVariantRead]
    winner: str | None = Field(description="`a` or `b`; null while neither is proven better.")
    confidence_level: Amount | None = Field(description="In percent.")
    sample_ratio_p: Amount | None = Field(description="Below 0.001 the split is wrong, and there is no winner.")
    statistics: dict[str, Any] | None
    started_at: Timestamp | None
    ended_at: Timestamp | None
    computed_at: Timestamp | None
    created_at: Timestamp


class AbQuery(Query):
    """The storefront's request. Shopify adds the other parameters."""

    model_config = Query.model_config | {"extra": "ignore"}

    visitor: Annotated[str, StringConstraints(pattern=VISITOR)] = Field(description="A random id of the visitor.")


class AbMarkRead(Schema):
    """The value for the cart's attribute `_backroom_ab`; null if no test runs."""

    mark: str | None
