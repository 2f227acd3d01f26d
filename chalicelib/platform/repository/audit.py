"""The audit log. Entries are only added here; an index lists those of an actor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.kit import ids
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import get_many, put_if
from chalicelib.platform.models import AuditLog

Span = tuple[datetime | None, datetime | None]
"""A range of time, from the first on and before the second; None: without that end."""

_FIRST, _LAST = "0", "~"
"""Sort before and after every UUIDv7."""


def add_entry(row: AuditLog) -> bool:
    """Store an entry. Returns False if an entry of this id is stored: it stays as it is."""
    return put_if(row, AuditLog.id.does_not_exist())


def list_entries(scope: str, span: Span, page: PageRequest) -> PageResult[AuditLog]:
    """Return a page of a scope's entries, newest first."""
    rows = AuditLog.query(
        scope, _in_span(span), scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start
    )
    return query_page(rows)


def list_entries_by_actor(actor_id: str, span: Span, page: PageRequest) -> PageResult[AuditLog]:
    """Return a page of an actor's entries in all scopes, newest first."""
    keys = query_page(
        AuditLog.by_actor.query(
            actor_id, _in_span(span), scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start
        )
    )
    rows = get_many([(AuditLog, (key.scope, key.id)) for key in keys.items])
    return PageResult([row for row in rows if row], keys.last_key)


def _in_span(span: Span) -> Any:
    start, end = span
    first = ids.time_prefix(start) if start else _FIRST
    last = ids.time_prefix(end) if end else _LAST
    return AuditLog.id.between(first, last)
