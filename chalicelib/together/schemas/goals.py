"""Schemas of goals."""

from datetime import date
from typing import Annotated

from pydantic import Field

from chalicelib.kit.schemas import UNCHANGED, Input, Schema, Timestamp
from chalicelib.together.enums import GoalStatus
from chalicelib.together.schemas.spaces import SpaceQuery
from chalicelib.together.schemas.text import LongText, ShortText, Title
from chalicelib.together.schemas.times import DayInput

MAX_COUNT = 1_000_000
TargetCount = Annotated[int, Field(ge=1, le=MAX_COUNT, strict=True)]
Delta = Annotated[int, Field(ge=-MAX_COUNT, le=MAX_COUNT, strict=True)]


class GoalQuery(SpaceQuery):
    """With `status`, only the goals that have it."""

    status: GoalStatus | None = None


class GoalCreate(Input):
    """A goal. With `target_count` it is completed by progress, otherwise by a change of its status."""

    title: Title
    description: LongText | None = None
    category: ShortText | None = None
    target_count: TargetCount | None = None
    target_date: DayInput | None = None


class GoalUpdate(Input):
    """Changes to a goal; omitted fields stay. A completed goal stays completed."""

    title: Title = UNCHANGED
    description: LongText | None = UNCHANGED
    category: ShortText | None = UNCHANGED
    target_count: TargetCount | None = UNCHANGED
    target_date: DayInput | None = UNCHANGED
    status: GoalStatus = UNCHANGED


class GoalProgress(Input):
    """Progress of a goal: how much is added, or taken back if negative."""

    delta: Delta


class GoalRead(Schema):
    """A goal of the relationship."""

    id: str
    relationship_id: str
    title: str
    description: str | None
    category: str | None
    target_count: int | None
    current_progress: int = Field(description="From 0 to `target_count`.")
    target_date: date | None
    status: GoalStatus
    is_mine: bool = Field(description="Whether the caller created it.")
    completed_at: Timestamp | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp
