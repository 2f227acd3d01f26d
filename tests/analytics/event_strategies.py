"""Random events of a few days around a change of the clocks: few keys, times that meet every boundary."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from chalicelib.analytics.domain.local_days import day_bounds
from tests.analytics.event_factories import LakeEvent

ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Auckland")
CHANGES = (date(2026, 3, 29), date(2026, 10, 25))
"""The days on which the clocks change in Berlin."""
MINUTES = 60_000
_OFFSETS = [0, 1, 999, 1_000, 1_799_999, 1_800_000, 1_800_001, 3_600_000, 43_200_000]
_ACTS = [
    ("page_view", "page_view", None),
    ("page_view", "page_view", {"plan": "b"}),
    ("page_leave", "page_leave", None),
    ("user_action", "checkin_submitted", None),
    ("user_action", "activity_created", None),
    ("feature_usage", "export", {"action": "started"}),
    ("feature_usage", "export", {"action": "rated", "rating": 4, "duration_seconds": 12.7}),
    ("feature_usage", "import", None),
    ("conversion", "sign_up", None),
    ("conversion", "booking", {"partner": "p1", "status": "confirmed", "commission": "1.5", "rating": 5}),
    ("conversion", "booking", {"partner": "p1", "status": "cancelled"}),
    ("system", "exposed", None),
    ("error", "error", None),
    ("bot", "page_view", None),
]


@st.composite
def lake_events(draw: st.DrawFn, middle: date) -> LakeEvent:
    """Return an event between the day before `middle` and the day after it."""
    zone = draw(st.sampled_from(ZONES))
    day = middle + timedelta(days=draw(st.integers(-1, 1)))
    start, end = day_bounds(day, zone)
    edge, offset = draw(st.sampled_from([start, end])), draw(st.sampled_from(_OFFSETS))
    at_ms = edge + offset if edge == start else edge - offset - 1
    at_ms += draw(st.integers(0, 3)) * draw(st.sampled_from([0, 29 * MINUTES, 30 * MINUTES]))
    at_ms = min(at_ms, end - 1)
    kind, name, data = draw(st.sampled_from(_ACTS))
    event: dict[str, Any] = {
        "id": str(uuid.UUID(int=draw(st.integers(0, 2**20)))),
        "type": kind,
        "name": name,
        "version": 0,
        "at_ms": at_ms,
        "received_ms": at_ms + draw(st.integers(0, 5_000)),
        "day": day,
        "time_zone": zone,
        "user_id": draw(st.sampled_from([None, None, "u1", "u2"])),
        "session_id": draw(st.sampled_from([None, None, "s1", "s2"])),
        "source": "server",
        "path": draw(st.sampled_from(["/a", "/b"])),
        "data": json.dumps(data) if data else None,
        "value": draw(st.sampled_from([None, Decimal("10.5"), Decimal(20)])),
        "currency": draw(st.sampled_from([None, "EUR", "USD"])),
        **dict.fromkeys(["referrer", "utm", "device_type", "browser", "ip_hash"]),
        **_visitor(draw(st.sampled_from([None, "v1", "v2"])), day, at_ms - start),
    }
    return event


def _visitor(name: str | None, day: date, since_midnight: int) -> dict[str, str | None]:
    """Return the visitor's hash under the day's salt, and under the last one in the 30 minutes after midnight."""
    if name is None:
        return {"visitor": None, "visitor_before": None}
    before = f"{name}-{day - timedelta(days=1)}" if since_midnight <= 30 * MINUTES else None
    return {"visitor": f"{name}-{day}", "visitor_before": before}


@st.composite
def weeks(draw: st.DrawFn) -> list[LakeEvent]:
    """Return events, some in several versions; keys that fill days, too."""
    middle = draw(st.sampled_from(CHANGES))
    events = draw(st.lists(lake_events(middle), min_size=1, max_size=40, unique_by=lambda event: event["id"]))
    if draw(st.booleans()):
        events += _filling(middle, draw(st.sampled_from(ZONES)), draw(st.integers(0, 200)))
    changed = draw(st.lists(st.sampled_from(events), max_size=4))
    return events + [_changed(event) for event in changed]


def _changed(event: LakeEvent) -> LakeEvent:
    return {**event, "version": event["version"] + 1, "path": "/changed", "received_ms": event["received_ms"] + 7}


def _filling(middle: date, zone: str, missing: int) -> list[LakeEvent]:
    """Return the events of a session that is active from the day before to the day after, except for one of them."""
    start, _ = day_bounds(middle - timedelta(days=1), zone)
    _, end = day_bounds(middle + timedelta(days=1), zone)
    times = range(start + 20 * MINUTES, end - 10 * MINUTES, 30 * MINUTES)
    return [
        {
            "id": str(uuid.UUID(int=2**21 + number)),
            "type": "user_action",
            "name": "message_logged",
            "version": 0,
            "at_ms": at_ms,
            "received_ms": at_ms,
            "day": datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone)).date(),
            "time_zone": zone,
            "session_id": "always",
            "source": "server",
            "user_id": "u3" if number == 100 else None,
            **dict.fromkeys(["visitor", "visitor_before", "path", "referrer", "utm", "device_type", "browser"]),
            **dict.fromkeys(["ip_hash", "data", "value", "currency"]),
        }
        for number, at_ms in enumerate(times)
        if number != missing
    ]


def end_of_week(events: list[LakeEvent]) -> datetime:
    """Return a time at which every visit is settled."""
    return datetime.fromtimestamp(max(event["at_ms"] for event in events) / 1000, UTC) + timedelta(hours=2)
