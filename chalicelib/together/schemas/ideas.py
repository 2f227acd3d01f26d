"""Schemas of AI ideas."""

from enum import StrEnum

from pydantic import Field

from chalicelib.kit.schemas import Input, PageQuery, Schema, Timestamp
from chalicelib.together.enums import IdeaKind, IdeaStatus


class IdeaMood(StrEnum):
    PLAYFUL = "playful"
    ROMANTIC = "romantic"
    CALM = "calm"
    ADVENTUROUS = "adventurous"
    DEEP = "deep"


class IdeaBudget(StrEnum):
    FREE = "free"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class IdeaPlace(StrEnum):
    HOME = "home"
    OUTDOORS = "outdoors"
    CITY = "city"
    ANYWHERE = "anywhere"


class IdeaCreate(Input):
    """Order three conversation prompts or date ideas for one credit. Only these options reach the model."""

    kind: IdeaKind
    mood: IdeaMood | None = None
    budget: IdeaBudget | None = None
    place: IdeaPlace | None = None
    use_love_language: bool = Field(default=True, description="Whether the model gets the caller's own love language.")


class IdeaAnswer(Schema):
    """One prompt or date idea."""

    title: str
    text: str


class IdeaRead(Schema):
    """An order of ideas. `answers` is null until it is completed."""

    id: str
    kind: IdeaKind
    status: IdeaStatus
    credits: int = Field(description="The credits that were spent; returned if the status is `failed`.")
    answers: list[IdeaAnswer] | None
    failure_reason: str | None
    created_at: Timestamp
    completed_at: Timestamp | None


class IdeaQuery(PageQuery):
    """A page of the caller's ideas, newest first."""
