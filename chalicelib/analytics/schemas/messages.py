"""Messages on analytics' own queues. They hold no IP address, no user agent and no unmasked text."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from chalicelib.analytics.domain.trust import Source
from chalicelib.analytics.enums import CollectedType
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Amount


class CollectedEvent(BaseModel):
    """An event that was accepted: the columns of the lake that do not need the ingest's libraries.

    `utm` and `data` are JSON texts. For the other columns see `domain/lake.py`.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str
    type: CollectedType
    name: str
    at_ms: int
    received_ms: int
    day: date
    time_zone: str
    source: Source
    version: int = 0
    user_id: str | None = None
    session_id: str | None = None
    visitor: str | None = None
    visitor_before: str | None = None
    path: str | None = None
    referrer: str | None = None
    utm: str | None = None
    ip_hash: str | None = None
    data: str | None = None
    value: Amount | None = None
    currency: str | None = None

    @model_serializer(mode="wrap")
    def _without_nulls(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value is not None}


class EventsCollected(Message):
    """Events of one request to store by `analytics-ingest_events`.

    `agent` is the browser's reduced user agent (see `domain/user_agents.py`); None for servers. The ingest drops the
    events of erased users singly.
    """

    queue: ClassVar[str] = "analytics-ingest_events"

    tenant: str
    agent: str | None = None
    events: list[CollectedEvent]

    def subjects(self) -> tuple[str, ...]:
        return (self.tenant,) if self.tenant.startswith(("shop:", "store:")) else ()
