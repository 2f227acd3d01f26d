"""Visits and their events, for readers. Expired rows are left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice

from chalicelib.analytics.errors import VisitNotFound
from chalicelib.analytics.models import AnalyticsEvent, PageView, UserSession
from chalicelib.analytics.repository.event_rows import EventRow, tenant_day
from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import get_many, readable_rows

_AFTER_ID = "\x7f"
"""Sorts after the `#` and the id that follow a time in `at_id`."""


def list_by_day(tenant: str, day: date, page: PageRequest) -> PageResult[UserSession]:
    """Return one page of the settled visits that began on a day."""
    rows = UserSession.query(tenant_day(tenant, day), limit=page.limit, last_evaluated_key=page.start)
    result = query_page(rows)
    return PageResult(_current(result.items), result.last_key)


def get(tenant: str, session_id: str) -> UserSession:
    """Return a visit. Its id begins with its first day. Raises VisitNotFound."""
    try:
        row = UserSession.get(tenant_day(tenant, _day_of(session_id)), session_id)
    except (UserSession.DoesNotExist, ValueError):
        raise VisitNotFound from None
    if row.expires_epoch <= clock.now():
        raise VisitNotFound
    return row


def list_by_user(tenant: str, user_id: str, limit: int) -> list[UserSession]:
    """Return the last visits of a user, the latest first."""
    keys = UserSession.by_user.query(f"{tenant}#{user_id}", limit=limit, scan_index_forward=False)
    pairs = [(UserSession, (key.tenant_day, key.session_id)) for key in islice(keys, limit)]
    return _current(row for row in get_many(pairs) if row is not None)


def list_events(who: Iterable[str], first: datetime, last: datetime, limit: int) -> list[EventRow]:
    """Return the events and page views of these keys from `first` to `last`, in order, at most `limit`."""
    rows: list[EventRow] = []
    for key in who:
        for model in (AnalyticsEvent, PageView):
            times = model.at_id.between(clock.iso(first), clock.iso(last) + _AFTER_ID)
            rows += islice(readable_rows(model.query(key, times, limit=limit)), limit)
    return sorted(_current_events(rows), key=lambda row: row.at_id)[:limit]


def list_last_events(who: str, limit: int) -> list[EventRow]:
    """Return the last events and page views of a key, the latest first."""
    rows: list[EventRow] = []
    for model in (AnalyticsEvent, PageView):
        rows += islice(readable_rows(model.query(who, limit=limit, scan_index_forward=False)), limit)
    return sorted(_current_events(rows), key=lambda row: row.at_id, reverse=True)[:limit]


def _day_of(session_id: str) -> date:
    return date.fromisoformat(session_id.partition("-")[0])


def _current(rows: Iterable[UserSession]) -> list[UserSession]:
    now = clock.now()
    return [row for row in rows if row.expires_epoch > now]


def _current_events(rows: Iterable[EventRow]) -> list[EventRow]:
    now = clock.now()
    return [row for row in rows if row.expires_epoch > now]
