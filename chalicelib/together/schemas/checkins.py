"""Schemas of check-ins."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from chalicelib.kit.schemas import Input, PageQuery, Schema, Timestamp
from chalicelib.together.domain.moments import zone_of
from chalicelib.together.schemas.spaces import RelationshipId
from chalicelib.together.schemas.text import LongText, Rating
from chalicelib.together.schemas.times import DayInput, MomentInput


def _known_zone(name: str) -> str:
    zone_of(name)
    return name


Zone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]
"""The name of an IANA time zone."""


class CheckinPut(Input):
    """A member's check-in of one date."""

    connection_score: Rating
    mood_score: Rating
    relationship_satisfaction: Rating
    gratitude_note: LongText | None = None
    support_needed: LongText | None = None
    highlight: LongText | None = None
    is_private: bool = Field(default=False, description="The partner sees only that it happened.")
    timezone: Zone | None = Field(default=None, description="The zone of the date; null: the profile's.")
    recorded_at: MomentInput | None = Field(
        default=None, description="When it was entered, at most now; null: now. Of two the later one stands."
    )


class CheckinQuery(PageQuery):
    """Check-ins of dates between `from` and `to`, both inclusive."""

    first: DayInput | None = Field(default=None, alias="from")
    last: DayInput | None = Field(default=None, alias="to")
    relationship: RelationshipId | None = None

    @field_validator("last")
    @classmethod
    def _ordered(cls, last: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("first")
        if first and last and first > last:
            raise ValueError("must not be before from")
        return last


class CheckinRead(Schema):
    """A check-in. Of the partner's private one only the date and the fact that it happened are shown."""

    checkin_date: date
    relationship_id: str
    is_mine: bool
    is_private: bool
    connection_score: int | None = None
    mood_score: int | None = None
    relationship_satisfaction: int | None = None
    gratitude_note: str | None = None
    support_needed: str | None = None
    highlight: str | None = None
    timezone: str | None = Field(default=None, description="Null for the partner's.")
    recorded_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class StreakRead(Schema):
    """A streak of dates: the present one, the longest one, and the last date that counts."""

    current: int
    longest: int
    last: date | None


class StreaksRead(Schema):
    """The caller's streak and the couple's; the latter is null for a member alone."""

    mine: StreakRead
    couple: StreakRead | None


class CheckinSaved(Schema):
    """The check-in that stands, and the streaks with it."""

    checkin: CheckinRead
    streak: StreaksRead
