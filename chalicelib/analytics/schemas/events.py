"""Schemas of the collection of events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from chalicelib.analytics.enums import CollectedType
from chalicelib.kit.schemas import Input, Schema, TimestampInput

MAX_EVENTS = 500


class EventsCreate(Input):
    """Events of one sender. Each is validated by itself, so that an invalid one does not refuse the others."""

    key: str | None = Field(default=None, max_length=100, description="The site's public key.")
    sent_at: TimestampInput | None = Field(default=None, description="The sender's clock now; corrects `at`.")
    events: list[Any] = Field(
        min_length=1,
        max_length=MAX_EVENTS,
        description=(
            "{id (UUID), type, name, at, version?, user_id?, session_id?, time_zone?, path?, referrer?, utm?, data?, "
            "value?, currency?}"
        ),
    )


class Rejection(Schema):
    """An event that was refused."""

    index: int
    code: str


class EventsAccepted(Schema):
    accepted: int
    rejected: list[Rejection]


class TrackedEvent(Input):
    """An event of another context. Without `id` it is derived from the other fields, so that a retry is the same event."""

    name: str
    at: datetime
    type: CollectedType = CollectedType.USER_ACTION
    id: str | None = None
    version: int = 0
    user_id: str | None = None
    session_id: str | None = None
    time_zone: str | None = None
    path: str | None = None
    referrer: str | None = None
    utm: Mapping[str, str] | None = None
    data: Mapping[str, Any] | None = None
    value: Decimal | None = None
    currency: str | None = None
