"""Turn the events that a sender wrote into events of the lake, or refuse them one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.analytics.domain import event_moments, masked_text
from chalicelib.analytics.domain.event_moments import UnknownTimeZone
from chalicelib.analytics.domain.events import Event, EventRefused, canonical_json, parse_event
from chalicelib.analytics.domain.local_days import milliseconds
from chalicelib.analytics.domain.trust import Source, check_sender
from chalicelib.analytics.enums import CollectedType
from chalicelib.analytics.schemas.events import Rejection
from chalicelib.analytics.schemas.messages import CollectedEvent, EventsCollected
from chalicelib.kit import messages

MAX_EVENTS_BYTES = messages.MAX_BYTES - 5_000
"""Of the events in one message; the rest is for its other fields."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A cookieless visitor: hashes under the site's salt of today, in the first half hour also under yesterday's."""

    hash: str
    hash_before: str | None
    ip_hash: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The facts of a request that its events share."""

    source: Source
    time_zone: str
    """The site's."""
    received: datetime
    sent_at: datetime | None = None
    user_id: str | None = None
    """The member who signed the request in."""
    visitor: Visitor | None = None


def collect_events(documents: Sequence[Any], receipt: Receipt) -> tuple[list[CollectedEvent], list[Rejection]]:
    """Return the accepted events, and what was refused of the documents, by index."""
    accepted: list[CollectedEvent] = []
    rejected: list[Rejection] = []
    for index, document in enumerate(documents):
        try:
            accepted.append(_collect(document, receipt))
        except EventRefused as refused:
            rejected.append(Rejection(index=index, code=refused.code))
    return accepted, rejected


def split_messages(tenant: str, agent: str | None, events: Iterable[CollectedEvent]) -> list[EventsCollected]:
    """Return messages that are small enough for the queue, each with as many of the events as fit."""
    chunks: list[list[CollectedEvent]] = []
    room = 0
    for event in events:
        size = len(event.model_dump_json().encode()) + 1
        if size > room:
            chunks.append([])
            room = MAX_EVENTS_BYTES
        chunks[-1].append(event)
        room -= size
    return [EventsCollected(tenant=tenant, agent=agent, events=chunk) for chunk in chunks]


def _collect(document: Any, receipt: Receipt) -> CollectedEvent:
    event = parse_event(document)
    check_sender(event, receipt.source)
    moment = event_moments.corrected(event.at, receipt.sent_at, receipt.received)
    if event_moments.is_too_old(moment, receipt.received, is_server=receipt.source is Source.SERVER):
        raise EventRefused("too_old")
    time_zone = event.time_zone or receipt.time_zone
    try:
        day = event_moments.local_day(moment, time_zone)
    except UnknownTimeZone:
        raise EventRefused("invalid_time_zone") from None
    visitor = receipt.visitor
    return CollectedEvent(
        id=event.id,
        type=event.type,
        name=event.name,
        version=event.version,
        at_ms=milliseconds(moment),
        received_ms=milliseconds(receipt.received),
        day=day,
        time_zone=time_zone,
        user_id=receipt.user_id or event.user_id,
        session_id=event.session_id,
        visitor=visitor.hash if visitor else None,
        visitor_before=visitor.hash_before if visitor else None,
        ip_hash=visitor.ip_hash if visitor else None,
        source=receipt.source,
        value=event.value,
        currency=event.currency,
        **_masked_texts(event),
    )


def _masked_texts(event: Event) -> dict[str, str | None]:
    utm = masked_text.utm_of(event.path or "") | {
        name: masked_text.masked_text(text) for name, text in (event.utm or {}).items()
    }
    data: Mapping[str, Any] = masked_text.masked_data(event.data or {}, is_error=event.type is CollectedType.ERROR)
    return {
        "path": masked_text.masked_path(event.path) if event.path else None,
        "referrer": masked_text.masked_url(event.referrer) or None if event.referrer else None,
        "utm": canonical_json(utm) if utm else None,
        "data": canonical_json(data) if data else None,
    }
