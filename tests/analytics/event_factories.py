"""Events of the lake, the parts that hold them, and the clock of a simulated week."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.analytics.domain.lake import EVENT_COLUMNS, part_key
from chalicelib.analytics.domain.local_days import milliseconds
from chalicelib.analytics.repository import event_days
from chalicelib.integrations import parquet
from chalicelib.kit import aws, clock, config

TENANT = "shop:demo.myshopify.com:studio"
ZONE = "Europe/Berlin"

LakeEvent = dict[str, Any]
"""Values by column, as Python values."""


def local(text: str, zone: str = ZONE) -> datetime:
    """Return a local time, such as `2026-03-28 10:00`, as an aware time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def lake_event(at: datetime | str, number: int | None = None, **columns: Any) -> LakeEvent:
    """Return an event at a time (text is local in ZONE): a page view of visitor `v1`, unless `columns` differ."""
    moment = local(at, columns.get("time_zone", ZONE)) if isinstance(at, str) else at
    event: LakeEvent = dict.fromkeys(EVENT_COLUMNS)
    event.update(
        id=str(uuid.UUID(int=number) if number is not None else uuid.uuid4()),
        type="page_view",
        name="page_view",
        version=0,
        at_ms=milliseconds(moment),
        time_zone=ZONE,
        visitor="v1",
        source="browser",
        path="/",
    )
    event.update(columns)
    event.setdefault("received_ms", None)
    event["received_ms"] = event["received_ms"] if event["received_ms"] is not None else event["at_ms"] + 500
    event["day"] = moment.astimezone(ZoneInfo(event["time_zone"])).date()
    return event


def part_of(events: Iterable[LakeEvent]) -> bytes:
    """Return a part with these events."""
    return parquet.write(
        EVENT_COLUMNS,
        [{name: None if value is None else str(value) for name, value in event.items()} for event in events],
    )


def store(events: Iterable[LakeEvent], tenant: str = TENANT) -> None:
    """Store events as the ingest does: a part for each day, then the due mark."""
    by_day: dict[date, list[LakeEvent]] = {}
    for event in events:
        by_day.setdefault(event["day"], []).append(event)
    for day, of_day in by_day.items():
        content = part_of(of_day)
        key = part_key(tenant, day, hashlib.sha256(content).hexdigest())
        aws.client("s3").put_object(Bucket=config.settings().archive_bucket, Key=key, Body=content)
        event_days.mark_parts_due(tenant, day, 1, clock.now())


class WeekClock:
    """A clock that the test moves."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(ZoneInfo("UTC"))

    def now(self) -> datetime:
        return self.moment

    def move(self, **duration: float) -> None:
        """Move on by a duration, as of timedelta."""
        self.moment += timedelta(**duration)
