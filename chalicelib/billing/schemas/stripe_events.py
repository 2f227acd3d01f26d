"""Stripe's events, as operators see them: without what they carried."""

from typing import Self

from pydantic import Field, model_validator

from chalicelib.billing.enums import WebhookStatus
from chalicelib.kit.schemas import PageQuery, Schema, Timestamp

_UNFINISHED = (WebhookStatus.RECEIVED, WebhookStatus.PROCESSING, WebhookStatus.FAILED)


class EventRead(Schema):
    """An event of Stripe's and what became of it."""

    stripe_event_id: str
    event_type: str
    status: WebhookStatus
    attempts: int
    error_message: str | None
    stripe_created_at: Timestamp
    received_at: Timestamp
    processed_at: Timestamp | None


class EventQuery(PageQuery):
    """Events of one type, or those of one status that have not had their effect (failed ones unless told otherwise)."""

    event_type: str | None = Field(default=None, min_length=1, max_length=255)
    status: WebhookStatus | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.event_type and self.status:
            raise ValueError("ask by event_type or by status")
        if self.status and self.status not in _UNFINISHED:
            raise ValueError(f"status is one of {', '.join(_UNFINISHED)}")
        return self
