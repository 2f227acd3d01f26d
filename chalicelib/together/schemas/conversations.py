"""Schemas of talks. A list never has their notes: they are decrypted one by one."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.kit.accounts.fields import without_controls
from chalicelib.kit.schemas import UNCHANGED, Input, Schema, Timestamp
from chalicelib.together.enums import ConversationKind
from chalicelib.together.schemas.text import Rating, ShortText
from chalicelib.together.schemas.times import MomentInput

MAX_NOTES = 4_000
"""Bytes of UTF-8, because KMS encrypts at most 4 KB."""


def _short_enough(text: str) -> str:
    if len(text.encode()) > MAX_NOTES:
        raise ValueError(f"must have at most {MAX_NOTES} bytes of UTF-8")
    return text


Notes = Annotated[str, Field(min_length=1), AfterValidator(without_controls), AfterValidator(_short_enough)]
Minutes = Annotated[int, Field(ge=1, le=1_440, strict=True)]


class ConversationCreate(Input):
    """A talk. Only its author sees it, unless `is_private` is false."""

    kind: ConversationKind
    topic: ShortText | None = None
    duration_minutes: Minutes | None = None
    quality_rating: Rating | None = None
    notes: Notes | None = None
    is_private: bool = True
    occurred_at: MomentInput | None = Field(default=None, description="Not in the future; the default is now.")


class ConversationUpdate(Input):
    """Changes to a talk by its author; omitted fields stay."""

    kind: ConversationKind = UNCHANGED
    topic: ShortText | None = UNCHANGED
    duration_minutes: Minutes | None = UNCHANGED
    quality_rating: Rating | None = UNCHANGED
    notes: Notes | None = UNCHANGED
    is_private: bool = UNCHANGED


class ConversationRead(Schema):
    """A talk without its notes."""

    id: str
    relationship_id: str
    kind: ConversationKind
    topic: str | None
    duration_minutes: int | None
    quality_rating: int | None
    has_notes: bool
    is_private: bool
    is_mine: bool = Field(description="Whether the caller wrote it.")
    occurred_at: Timestamp
    created_at: Timestamp


class ConversationDetail(ConversationRead):
    """A talk with its notes."""

    notes: str | None
