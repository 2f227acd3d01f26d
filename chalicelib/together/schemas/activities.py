"""Schemas of activities."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import UNCHANGED, Amount, Input, Schema, Timestamp
from chalicelib.together.enums import ActivityKind, ActivityStatus
from chalicelib.together.schemas.spaces import SpaceQuery
from chalicelib.together.schemas.text import LongText, Rating, ShortText, Title
from chalicelib.together.schemas.times import MomentInput

Cost = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code, upper case."""


class ActivityQuery(SpaceQuery):
    """With `status`, only the activities that have it."""

    status: ActivityStatus | None = None


class ActivityCreate(Input):
    """An activity that is planned. `cost` requires `currency`."""

    title: Title
    description: LongText | None = None
    kind: ActivityKind
    location: ShortText | None = None
    planned_at: MomentInput | None = None
    cost: Cost | None = None
    currency: Currency | None = None
    notes: LongText | None = None

    @model_validator(mode="after")
    def _currency_of_cost(self) -> Self:
        if self.cost is not None and self.currency is None:
            raise PydanticCustomError("currency", "`cost` requires `currency`")
        return self


class ActivityUpdate(Input):
    """Changes to an activity; omitted fields stay. `satisfaction` is the caller's own rating of a completed one."""

    title: Title = UNCHANGED
    description: LongText | None = UNCHANGED
    kind: ActivityKind = UNCHANGED
    location: ShortText | None = UNCHANGED
    planned_at: MomentInput | None = UNCHANGED
    completed_at: MomentInput = UNCHANGED
    cost: Cost | None = UNCHANGED
    currency: Currency | None = UNCHANGED
    notes: LongText | None = UNCHANGED
    status: ActivityStatus = UNCHANGED
    satisfaction: Rating | None = UNCHANGED


class ActivityRead(Schema):
    """An activity of the relationship."""

    id: str
    relationship_id: str
    title: str
    description: str | None
    kind: ActivityKind
    location: str | None
    planned_at: Timestamp | None
    completed_at: Timestamp | None
    cost: Amount | None
    currency: str | None
    my_satisfaction: int | None
    partner_satisfaction: int | None = Field(description="Null once the relationship has ended.")
    notes: str | None
    status: ActivityStatus
    is_mine: bool = Field(description="Whether the caller created it.")
    version: int
    created_at: Timestamp
    updated_at: Timestamp
