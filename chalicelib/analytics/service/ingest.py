"""Store collected events in the lake: one part for each tenant and day of a batch.

A message is done when the parts with its events are stored and their days are due. A message that is delivered again,
in whatever batch, stores other parts with the same events, which the day's computation counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from chalicelib.analytics.domain import lake
from chalicelib.analytics.domain.users import user_subject
from chalicelib.analytics.enums import CollectedType
from chalicelib.analytics.repository import event_days, event_parts
from chalicelib.analytics.schemas.messages import CollectedEvent, EventsCollected
from chalicelib.integrations import parquet, user_agents
from chalicelib.integrations.user_agents import UserAgent
from chalicelib.kit import clock, logs, tombstones
from chalicelib.kit.queue_records import ReceivedMessage

Batch = Sequence[ReceivedMessage[EventsCollected]]
Row = dict[str, str | None]

BOT_COLUMNS = frozenset({"id", "type", "at_ms", "received_ms", "day", "time_zone"})
"""What is kept of a crawler's event: enough to count it."""

log = logs.logger("analytics")


@dataclass(slots=True)
class Part:
    """The rows of a tenant's day in a batch, and the messages that they came in."""

    rows: list[Row] = field(default_factory=list)
    messages: dict[str, ReceivedMessage[EventsCollected]] = field(default_factory=dict)


def ingest_events(batch: Batch) -> list[ReceivedMessage[EventsCollected]]:
    """Store the events of a batch; return the messages that failed, because a part of theirs was not stored."""
    parts = _parts(batch, _erased_users(batch))
    failed: dict[str, ReceivedMessage[EventsCollected]] = {}
    for (tenant, day), part in parts.items():
        try:
            _store(tenant, day, part.rows, clock.now())
        except Exception:
            log.exception("part not stored", extra={"tenant": tenant, "day": day.isoformat(), "events": len(part.rows)})
            failed |= part.messages
    return list(failed.values())


def event_row(event: CollectedEvent, agent: UserAgent) -> Row:
    """Return the event as a row of the lake. Of a crawler's event only what counts it is kept."""
    columns = {
        **event.model_dump(mode="json"),
        "type": CollectedType.BOT if agent.is_bot else event.type,
        "device_type": agent.device_type,
        "browser": agent.browser,
    }
    kept = BOT_COLUMNS if agent.is_bot else lake.EVENT_COLUMNS.keys()
    return {name: _text(columns.get(name)) if name in kept else None for name in lake.EVENT_COLUMNS}


def _parts(batch: Batch, erased: set[tuple[str, str]]) -> dict[tuple[str, date], Part]:
    """Return the rows to store by tenant and day, without the events of erased users."""
    parts: dict[tuple[str, date], Part] = {}
    for received in batch:
        message = received.content
        agent = user_agents.recognize(message.agent) if message.agent else UserAgent()
        for event in message.events:
            if event.user_id is not None and (message.tenant, event.user_id) in erased:
                continue
            part = parts.setdefault((message.tenant, event.day), Part())
            part.rows.append(event_row(event, agent))
            part.messages[received.id] = received
    return parts


def _store(tenant: str, day: date, rows: Iterable[Row], now: datetime) -> None:
    """Store a part, then make its day due. Sorted rows make the same part of the same events."""
    ordered = sorted(rows, key=lambda row: [row[name] or "" for name in lake.EVENT_COLUMNS])
    event_parts.put_part(tenant, day, parquet.write(lake.EVENT_COLUMNS, ordered))
    event_days.mark_parts_due(tenant, day, 1, now)


def _erased_users(batch: Batch) -> set[tuple[str, str]]:
    """Return the erased users of the batch, as pairs of tenant and user; one read call for each 100 users."""
    subjects = {
        (received.content.tenant, event.user_id): user_subject(received.content.tenant, event.user_id)
        for received in batch
        for event in received.content.events
        if event.user_id is not None
    }
    erased = tombstones.erased_among(subject for subject in subjects.values() if subject)
    return {user for user, subject in subjects.items() if subject in erased}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
