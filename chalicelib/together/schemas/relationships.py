"""Schemas of relationships, invitations and blocks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from chalicelib.kit.schemas import UNCHANGED, Input, Schema, Timestamp
from chalicelib.together.domain.preferences import is_shared
from chalicelib.together.enums import LoveLanguage, RelationshipStatus, RelationshipType
from chalicelib.together.schemas.times import DayInput


class InvitationCreate(Input):
    """An invitation for a person who gets the code, or for one address alone."""

    email: (
        Annotated[str, StringConstraints(to_lower=True, min_length=3, max_length=254, pattern=r"^[!-?A-~]+@[!-?A-~]+$")]
        | None
    ) = Field(default=None, description="If given, the invitation is mailed, and is for this verified address.")


class InvitationRead(Schema):
    """An invitation. The code is returned once and cannot be read again."""

    code: str = Field(description="10 characters of Crockford's base 32; case and hyphens do not matter.")
    url: str = Field(description="The page that accepts the invitation.")
    expires_at: Timestamp


_SHARED_COLUMNS = {
    "birthday": ("birthday",),
    "love_languages": ("love_language_primary", "love_language_secondary"),
}


class InvitationPreview(Schema):
    """An open invitation, as its recipient sees it."""

    inviter: str = Field(description="Display name of the member who invites.")
    expires_at: Timestamp


class PartnerProfileRead(Schema):
    """The partner, as far as their profile is shown."""

    display_name: str
    birthday: date | None = None
    love_language_primary: LoveLanguage | None = None
    love_language_secondary: LoveLanguage | None = None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Build the schema from the partner's row, without the parts that they do not share."""
        hidden = {
            column
            for part, columns in _SHARED_COLUMNS.items()
            if not is_shared(row.preferences, part)
            for column in columns
        }
        return cls(**{name: getattr(row, name) for name in cls.model_fields if name not in hidden})


class CoupleStreakRead(Schema):
    """Consecutive dates on which both checked in; `last` is the latest of them."""

    current: int
    longest: int
    last: date | None


class RelationshipRead(Schema):
    """The relationship that the member is in; `invited` is a space of one."""

    id: str
    status: RelationshipStatus
    partner: PartnerProfileRead | None
    streak: CoupleStreakRead
    relationship_type: RelationshipType
    start_date: date | None
    anniversary_date: date | None
    activated_at: Timestamp | None
    is_paused_by_me: bool
    is_premium: bool


class RelationshipUpdate(Input):
    """A change of the state, or of type and dates. A request changes either."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "paused"}]})

    status: Literal["paused", "active", "ended"] | None = UNCHANGED
    relationship_type: RelationshipType = UNCHANGED
    start_date: DayInput | None = UNCHANGED
    anniversary_date: DayInput | None = UNCHANGED

    @model_validator(mode="after")
    def _either(self) -> Self:
        if "status" in self.model_fields_set and (self.status is None or len(self.model_fields_set) > 1):
            raise ValueError("send `status` alone")
        return self

    def details(self) -> dict[str, object]:
        """Return type and dates as far as the request has them."""
        return self.model_dump(exclude_unset=True, exclude={"status"})


class RelationshipSummary(Schema):
    """A relationship in which the member is or was, without anything of the other member."""

    id: str
    status: RelationshipStatus
    is_couple: bool = Field(description="False: a space that the member had alone.")
    is_current: bool
    activated_at: Timestamp | None
    ended_at: Timestamp | None


class BlockCreate(Input):
    relationship_id: str = Field(
        min_length=1, max_length=64, description="The other member of it is blocked; it ends if it has not ended."
    )


class BlockRead(Schema):
    """A block. It has no name: the member sees only when they blocked somebody."""

    id: str
    created_at: Timestamp
