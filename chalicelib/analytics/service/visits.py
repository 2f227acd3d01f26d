"""Visits and users of a site for its readers."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.analytics.models import PageView
from chalicelib.analytics.repository import rollup_days, visits
from chalicelib.analytics.repository.event_rows import EventRow
from chalicelib.analytics.schemas.traffic import EngagementDay, UserRead, VisitDetail, VisitEventRead, VisitRead
from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult

MAX_EVENTS = 500
"""Events of one visit that are listed."""
RECENT_VISITS = 20
RECENT_EVENTS = 50
RECENT_DAYS = timedelta(days=30)
PAGE_VIEW = "page_view"


def list_visits(tenant: str, day: date, page: PageRequest) -> PageResult[VisitRead]:
    """Return one page of the settled visits that began on a day."""
    return visits.list_by_day(tenant, day, page).map(VisitRead.of)


def get_visit(tenant: str, session_id: str) -> VisitDetail:
    """Return a visit with its events. Raises VisitNotFound."""
    row = visits.get(tenant, session_id)
    events = visits.list_events(row.who, row.started_at, row.ended_at, MAX_EVENTS)
    kept = [event for event in events if not isinstance(event, PageView) or event.session_id == session_id]
    return VisitDetail(**VisitRead.of(row).model_dump(), events=[_event_read(event) for event in kept])


def get_user(tenant: str, user_id: str) -> UserRead:
    """Return what is known of a user; empty lists for an unknown one."""
    today = clock.today()
    return UserRead(
        user_id=user_id,
        visits=[VisitRead.of(row) for row in visits.list_by_user(tenant, user_id, RECENT_VISITS)],
        events=[_event_read(row) for row in visits.list_last_events(f"{tenant}#u#{user_id}", RECENT_EVENTS)],
        days=[
            EngagementDay.of(row)
            for row in rollup_days.list_scores(tenant, user_id, today - RECENT_DAYS, today + timedelta(days=1))
        ],
    )


def _event_read(row: EventRow) -> VisitEventRead:
    if isinstance(row, PageView):
        return VisitEventRead(
            id=row.id,
            at=row.viewed_at,
            type=PAGE_VIEW,
            name=PAGE_VIEW,
            path=row.path,
            duration_seconds=row.duration_seconds,
        )
    return VisitEventRead(
        id=row.id,
        at=row.occurred_at,
        type=row.event_type.value,
        name=row.event_name,
        path=row.page_url,
        data=row.event_data,
        value=row.value,
        currency=row.currency,
    )
