"""Schemas of achievements."""

from pydantic import Field

from chalicelib.kit.schemas import Schema, Timestamp


class AchievementRead(Schema):
    """An award of the couple or of one of its members."""

    rule: str
    title: str
    points: int
    is_personal: bool
    is_mine: bool = Field(description="Whether the caller earned it alone.")
    earned_at: Timestamp


class AchievementsRead(Schema):
    """All awards of a relationship that the caller may see, oldest first."""

    items: list[AchievementRead]
    points: int = Field(description="The sum of the items' points.")
