"""Rows of single events, page views and visits, written and deleted in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from chalicelib.analytics.models import AnalyticsEvent, PageView, UserSession
from chalicelib.kit.tables import delete_if, put_if, readable_rows

EventRow = AnalyticsEvent | PageView
"""A row of one event. Its content depends on the event alone, or on a settled visit."""


def put_rows(rows: Iterable[EventRow]) -> None:
    """Write rows in batches of 25; rows that DynamoDB does not process are retried."""
    with AnalyticsEvent.batch_write() as events, PageView.batch_write() as views:
        for row in rows:
            if isinstance(row, AnalyticsEvent):
                events.save(row)
            else:
                views.save(row)


def delete_rows(rows: Iterable[EventRow]) -> None:
    """Delete rows by their keys, in batches of 25."""
    with AnalyticsEvent.batch_write() as events, PageView.batch_write() as views:
        for row in rows:
            if isinstance(row, AnalyticsEvent):
                events.delete(row)
            else:
                views.delete(row)


def put_visit(visit: UserSession) -> None:
    """Write a visit, except over a row of a higher generation."""
    put_if(visit, UserSession.generation.does_not_exist() | (UserSession.generation <= visit.generation))


def delete_visits(tenant: str, day: date, visit_ids: Iterable[str], generation: int) -> None:
    """Delete the visits of a day with these ids, except rows of a higher generation."""
    for visit_id in visit_ids:
        delete_if(UserSession(tenant_day(tenant, day), visit_id), UserSession.generation <= generation)


def iterate_visit_ids(tenant: str, day: date) -> Iterator[str]:
    """Iterate over the ids of the visits that begin on a day."""
    for row in readable_rows(UserSession.query(tenant_day(tenant, day), consistent_read=True)):
        yield row.session_id


def tenant_day(tenant: str, day: date) -> str:
    """Return the key of a day's visits."""
    return f"{tenant}#{day.isoformat()}"
