"""Rows of the tables, built from the numbers of a day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from chalicelib.analytics.domain.local_days import moment_of
from chalicelib.analytics.domain.packed_json import pack, pack_lists
from chalicelib.analytics.domain.rates import rate
from chalicelib.analytics.enums import EventType
from chalicelib.analytics.models import (
    AnalyticsEvent,
    DailyTraffic,
    EngagementScore,
    EventCount,
    FeatureUsage,
    PageView,
    PartnerDay,
    UserSession,
)

Row = Mapping[str, Any]

PAGE_VIEW = "page_view"


def event_row(tenant: str, row: Row) -> AnalyticsEvent | PageView:
    """Return the row of an event, or of a page view in its visit."""
    at = moment_of(row["at_ms"])
    shared: dict[str, Any] = {
        "id": row["id"],
        "tenant": tenant,
        "user_id": row["row_user_id"],
        "device_type": row["device_type"],
        "day": row["day"],
    }
    if row["type"] == PAGE_VIEW:
        return PageView(
            row["who"],
            row["at_id"],
            **shared,
            session_id=row["visit_id"] or "",
            path=row["path"] or "",
            referrer=row["referrer"],
            duration_seconds=row["duration_seconds"],
            is_bounce=row["is_bounce"],
            viewed_at=at,
            expires_epoch=at + PageView.KEEP,
        )
    return AnalyticsEvent(
        row["who"],
        row["at_id"],
        **shared,
        session_id=row["session_id"],
        visitor=row["visitor"],
        event_type=EventType(row["type"]),
        event_name=row["name"],
        event_data=json.loads(row["data"]) if row["data"] else None,
        page_url=row["path"],
        browser=row["browser"],
        ip_hash=row["ip_hash"],
        value=row["value"],
        currency=row["currency"],
        version=row["version"],
        occurred_at=at,
        created_at=moment_of(row["received_ms"]),
        expires_epoch=at + AnalyticsEvent.KEEP,
    )


def event_key(row: Row) -> AnalyticsEvent | PageView:
    """Return the key of an event's row."""
    model = PageView if row["type"] == PAGE_VIEW else AnalyticsEvent
    return model(row["who"], row["at_id"])


def visit_row(tenant: str, day: date, row: Row, generation: int) -> UserSession:
    """Return the row of a visit that begins on `day`."""
    ended_at = moment_of(row["ended_ms"])
    return UserSession(
        f"{tenant}#{day.isoformat()}",
        row["visit_id"],
        tenant=tenant,
        user_id=row["user_id"],
        tenant_user=f"{tenant}#{row['user_id']}" if row["user_id"] is not None else None,
        who=row["who"],
        entry_page=row["entry_page"],
        exit_page=row["exit_page"],
        page_count=row["page_count"],
        event_count=row["event_count"],
        duration_seconds=row["duration_seconds"],
        is_bounce=row["is_bounce"],
        device_type=row["device_type"],
        browser=row["browser"],
        referrer=row["referrer"],
        channel=row["channel"],
        utm=json.loads(row["utm"]) if row["utm"] else None,
        converted=row["is_converted"],
        started_at=moment_of(row["started_ms"]),
        ended_at=ended_at,
        generation=generation,
        expires_epoch=ended_at + UserSession.KEEP,
    )


def traffic_row(tenant: str, day: date, row: Row, generation: int) -> DailyTraffic:
    """Return the row of a day's traffic, without its lists."""
    return DailyTraffic(
        tenant,
        day,
        **row,
        bounce_rate=rate(row["bounces"], row["visits"]),
        generation=generation,
        expires_epoch=_end_of(day, DailyTraffic.KEEP),
    )


def traffic_lists(top: Mapping[str, list[tuple[str, int]]], recent: list[dict[str, Any]]) -> dict[str, str]:
    """Return the packed lists of a day's traffic, by column."""
    events = [{"at": row["at_ms"], "type": row["type"], "name": row["name"]} for row in recent]
    return {"top": pack_lists(top), "recent": pack(events)}


def count_row(tenant: str, day: date, row: Row, generation: int) -> EventCount:
    """Return the row of an event's count, for one value."""
    return EventCount(
        f"{tenant}#{row['event']}",
        f"{day.isoformat()}#{row['value']}",
        **row,
        tenant=tenant,
        day=day,
        generation=generation,
        expires_epoch=_end_of(day, EventCount.KEEP),
    )


def feature_row(tenant: str, day: date, row: Row, generation: int) -> FeatureUsage:
    """Return the row of a feature's usage."""
    columns = {name: value for name, value in row.items() if name != "last_used_ms"}
    return FeatureUsage(
        f"{tenant}#{row['feature']}",
        day,
        **columns,
        tenant=tenant,
        completion_rate=rate(row["completions"], row["starts"]),
        satisfaction_score=rate(row["rating_sum"], row["rating_count"]),
        last_used=moment_of(row["last_used_ms"]),
        generation=generation,
        expires_epoch=_end_of(day, FeatureUsage.KEEP),
    )


def score_row(tenant: str, day: date, row: Row, generation: int) -> EngagementScore:
    """Return the row of a user's engagement."""
    return EngagementScore(
        f"{tenant}#{row['user_id']}",
        day,
        **row,
        tenant=tenant,
        generation=generation,
        expires_epoch=_end_of(day, EngagementScore.KEEP),
    )


def partner_row(tenant: str, day: date, row: Row, generation: int) -> PartnerDay:
    """Return the row of a partner's bookings."""
    columns = {name: value for name, value in row.items() if name != "partner_id"}
    return PartnerDay(row["partner_id"], day, **columns, tenant=tenant, generation=generation)


def _end_of(day: date, keep: timedelta) -> datetime:
    return datetime.combine(day, time(), UTC) + keep
