"""Schemas of perks: surprise boxes and coaching sessions."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import UNCHANGED, Input, PageQuery, Schema, Timestamp
from chalicelib.together.enums import PerkKind, PerkStatus
from chalicelib.together.schemas.text import LongText, ShortText
from chalicelib.together.schemas.times import MomentInput

PerkId = Annotated[str, Field(min_length=1, max_length=200)]


class PerkClaim(Input):
    """Claim a surprise box of this month, which requires an address, or a coaching session."""

    kind: PerkKind
    address: LongText | None = Field(default=None, examples=["1 Main Street, 12345 Springfield"])
    preferred_times: list[ShortText] | None = Field(default=None, min_length=1, max_length=5)

    @model_validator(mode="after")
    def _fields_of_the_kind(self) -> Self:
        if (self.kind is PerkKind.SURPRISE_BOX) != (self.address is not None):
            raise PydanticCustomError("address", "`address` is required for a surprise box and only allowed there")
        if self.kind is PerkKind.SURPRISE_BOX and self.preferred_times is not None:
            raise PydanticCustomError("preferred_times", "`preferred_times` is only allowed for coaching")
        return self


class PerkRead(Schema):
    """A claimed perk. The address is never returned."""

    id: str
    kind: PerkKind
    status: PerkStatus
    preferred_times: list[str] | None
    scheduled_at: Timestamp | None
    tracking: str | None
    created_at: Timestamp
    updated_at: Timestamp


class PerkAvailable(Schema):
    """A perk that the caller can claim now."""

    kind: PerkKind
    count: int


class PerksRead(Schema):
    """The perks that the caller can claim, and those claimed, newest first."""

    available: list[PerkAvailable]
    items: list[PerkRead]


class OperatorPerkQuery(PageQuery):
    """The perks of one status, the longest unchanged first."""

    status: PerkStatus = PerkStatus.REQUESTED


class OperatorPerkRead(PerkRead):
    """A perk for the operator who fulfils it. Only the single perk has its address."""

    user_id: str
    address: str | None = None


class OperatorPerkUpdate(Input):
    """Changes to a perk by an operator; omitted fields stay."""

    status: Literal[PerkStatus.SCHEDULED, PerkStatus.SHIPPED, PerkStatus.DONE, PerkStatus.CANCELLED] = UNCHANGED
    scheduled_at: MomentInput | None = UNCHANGED
    tracking: ShortText | None = UNCHANGED
