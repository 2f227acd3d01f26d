"""Schemas of challenges."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.together.enums import ChallengeStatus, Difficulty
from chalicelib.together.schemas.spaces import SpaceQuery

TemplateId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]


class ChallengeQuery(SpaceQuery):
    """With `status`, only the challenges that have it."""

    status: ChallengeStatus | None = None


class ChallengeCreate(Input):
    """Start a challenge from a template of the library."""

    template: TemplateId


class ChallengeUpdate(Input):
    """Abandon a challenge."""

    status: Literal[ChallengeStatus.ABANDONED]


class ChallengeStep(Input):
    """A step of a challenge. A second step of the same date changes nothing."""

    date: date


class ChallengeRead(Schema):
    """A challenge of the relationship."""

    id: str
    relationship_id: str
    template: str
    title: str
    description: str | None
    difficulty: Difficulty
    duration_days: int
    progress: int = Field(description="The number of steps, from 0 to `duration_days`.")
    done_days: list[date]
    status: ChallengeStatus
    started_at: Timestamp
    ends_at: Timestamp = Field(description="Three days of grace included; steps end here.")
    completed_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
