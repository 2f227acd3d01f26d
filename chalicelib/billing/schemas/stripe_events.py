"""Stripe events in the operator API, without their payloads."""

from typing import Self

from pydantic import Field, model_validator

from chalicelib.billing.enums import WebhookStatus
from chalicelib.kit.schemas import PageQuery, Schema, Timestamp

_UNFINISHED = (WebhookStatus.RECEIVED, WebhookStatus.PROCESSING, WebhookStatus.FAILED)


class EventRead(Schema):
    """A Stripe event and its processing status."""

    stripe_event_id: str
    event_type: str
    status: WebhookStatus
    attempts: int
    error_message: str | None
    stripe_created_at: Timestamp
    received_at: Timestamp
    processed_at: Timestamp | None


class EventQuery(PageQuery):
    """Filter: events of one type, or unfinished events of one status (default: failed)."""

    event_type: str | None = Field(default=None, min_length=1, max_length=255)
    status: WebhookStatus | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.event_type and self.status:
            raise ValueError("give event_type or status, not both")
        if self.status and self.status not in _UNFINISHED:
            raise ValueError(f"status must be one of {', '.join(_UNFINISHED)}")
        return self
