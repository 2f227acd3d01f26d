"""Request and response schemas of operators; none contains a picture, a prompt or a customer."""

from typing import Literal

from pydantic import Field

from chalicelib.kit.schemas import PageQuery, Schema, Timestamp
from chalicelib.studio.models import GenerationStatus, GenerationType


class OperatorGenerationQuery(PageQuery):
    """Generations of all shops or of one: `stuck` (unfinished, its lease expired), `open` (unfinished) or `failed`."""

    state: Literal["stuck", "open", "failed"] = "stuck"
    generation_type: GenerationType = GenerationType.FINAL
    shop: str | None = Field(default=None, min_length=1, max_length=255)


class OperatorGenerationRead(Schema):
    """A preview or a final, as far as an operator needs it."""

    id: str
    shop_id: str
    generation_type: GenerationType
    status: GenerationStatus
    order_id: str | None
    error_message: str | None
    attempts: int
    deaths: int
    """Attempts whose worker died."""
    retries: int
    lease_until: Timestamp | None
    """When the work is recovered if its worker does not end it; null if it has ended."""
    next_attempt_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
