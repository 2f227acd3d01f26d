"""Schemas of the library. The content is JSON in the bundle; `kind` selects a list."""

from enum import StrEnum

from pydantic import Field

from chalicelib.kit.schemas import Query, Schema
from chalicelib.together.enums import ActivityKind, Difficulty, LoveLanguage


class LibraryKind(StrEnum):
    PROMPTS = "prompts"
    DATE_IDEAS = "date_ideas"
    CHALLENGES = "challenges"
    GUIDES = "guides"
    COURSES = "courses"


class LibraryQuery(Query):
    """The list to read."""

    kind: LibraryKind


class LibraryItemRead(Schema):
    """An item of the library. Fields of other kinds are null."""

    id: str
    title: str | None = Field(default=None, description="Null for a prompt.")
    text: str
    version: int = 1
    category: str | None = Field(default=None, description="Of a prompt.")
    love_languages: list[LoveLanguage] = Field(default_factory=list)
    activity_kind: ActivityKind | None = Field(default=None, description="Of a date idea.")
    budget: str | None = Field(default=None, description="Of a date idea: free, low, medium or high.")
    minutes: int | None = Field(default=None, description="Of a date idea or a guide.")
    difficulty: Difficulty | None = Field(default=None, description="Of a challenge.")
    duration_days: int | None = Field(default=None, description="Of a challenge.")
    steps: list[str] | None = Field(default=None, description="Of a guide.")
    course: str | None = Field(default=None, description="Of a guide: its course.")
    guides: list[str] | None = Field(default=None, description="Of a course: the ids of its guides, in order.")


class LibraryRead(Schema):
    """One list of the library. `prompts` has the prompt of today; `date_ideas` are ranked for the caller."""

    kind: LibraryKind
    items: list[LibraryItemRead]
