"""Errors in groups: those of our own code become events, a computation sets each group's days, readers resolve groups."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chalicelib.analytics.domain.error_days import with_day
from chalicelib.analytics.domain.events import MAX_DATA_BYTES, canonical_json
from chalicelib.analytics.domain.fingerprints import group_id
from chalicelib.analytics.domain.local_days import moment_of
from chalicelib.analytics.enums import CollectedType, Severity
from chalicelib.analytics.models import ErrorGroup
from chalicelib.analytics.repository import error_logs
from chalicelib.analytics.schemas.error_logs import ErrorGroupRead
from chalicelib.analytics.schemas.events import TrackedEvent
from chalicelib.analytics.service import own_sites
from chalicelib.kit import clock, logs
from chalicelib.kit.error_reports import ErrorRaised
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.retries import retry_conflicts
from chalicelib.kit.tables import copy_row, rows_differ

PLATFORM = "platform"
"""The tenant whose errors are those of our own code."""
EVENT = "error_raised"
MAX_STACK_BYTES = 3_000

log = logs.logger("analytics")

DayGroup = Mapping[str, Any]
"""A group of a day as `domain/day_sql/errors.py` selects it."""


def record_error(message: ErrorRaised) -> None:
    """Send an error of our own code to the ingest as an event. A repeated message is the same event."""
    event = TrackedEvent(
        id=message.message_id,
        name=EVENT,
        type=CollectedType.ERROR,
        at=message.occurred_at,
        data=_data(message),
    )
    own_sites.track(PLATFORM, [event])


def write_error_days(tenant: str, day: date, groups: Iterable[DayGroup], former: Iterable[str]) -> None:
    """Set the day's count of its groups, and remove the day from the groups with the `former` fingerprints.

    Groups without a change are not written. A later error reopens a resolved group.
    """
    by_id = {group_id(group["fingerprint"]): group for group in groups}
    ids = [*by_id, *sorted({group_id(fingerprint) for fingerprint in former} - by_id.keys())]
    rows = error_logs.find_many(tenant, ids)
    for error_id in ids:
        group, row = by_id.get(error_id), rows.get(error_id)
        if _changed(row, tenant, day, group) is not None:
            retry_conflicts(lambda error_id=error_id, group=group: _write_day(tenant, day, error_id, group))  # type: ignore[misc]


def fingerprints_of_day(tenant: str, day: date) -> list[str]:
    """Return the fingerprints of all stored groups with errors on a day."""
    return [row.fingerprint for row in error_logs.iterate_by_tenant(tenant) if day.isoformat() in row.days]


def list_errors(tenant: str, severity: Severity, page: PageRequest) -> PageResult[ErrorGroupRead]:
    """Return one page of the unresolved groups of a severity, the latest error first."""
    return error_logs.list_unresolved(tenant, severity, page).map(ErrorGroupRead.of)


def resolve_error(tenant: str, error_id: str, actor: str) -> ErrorGroupRead:
    """Mark a group as resolved; a later error reopens it. Resolved again, it stays as it is. Raises ErrorGroupNotFound."""

    def resolve() -> ErrorGroup:
        row = error_logs.get(tenant, error_id)
        if not row.is_resolved:
            error_logs.mark_resolved(row, actor, clock.now())
            row = error_logs.get(tenant, error_id)
        return row

    return ErrorGroupRead.of(retry_conflicts(resolve))


def _data(message: ErrorRaised) -> dict[str, Any]:
    """Return the data of the event. The fingerprint is written as a UUID, because a long hexadecimal text is masked.

    The stack loses its outermost frames until the data is small enough for an event.
    """
    data = {
        "type": message.type,
        "message": message.message,
        "severity": message.severity,
        "fingerprint": str(UUID(message.fingerprint)),
        "handler": message.handler,
        "stage": message.stage,
        "correlation_id": message.correlation_id,
    }
    data = {name: value for name, value in data.items() if value}
    calls = message.stack.splitlines()
    while calls and len(canonical_json({**data, "stack": "\n".join(calls)}).encode()) > MAX_DATA_BYTES:
        del calls[0]
    return {**data, "stack": "\n".join(calls)} if calls else data


def _write_day(tenant: str, day: date, error_id: str, group: DayGroup | None) -> None:
    """Write a day of a group. Raises WriteConflict if another day's computation has changed the group."""
    row = error_logs.find_many(tenant, [error_id]).get(error_id)
    changed = _changed(row, tenant, day, group)
    if changed is None:
        return
    if changed.days:
        error_logs.replace(row, changed)
    elif row is not None:
        error_logs.delete(row)


def _changed(row: ErrorGroup | None, tenant: str, day: date, group: DayGroup | None) -> ErrorGroup | None:
    """Return the group with this day's count; None if nothing changes. A group without days is to be deleted."""
    if group is None:
        if row is None or day.isoformat() not in row.days:
            return None
        days = with_day(row.days, day, 0)
        return copy_row(row, {"days": days, "occurrences": sum(days.values())})
    occurred_at = moment_of(group["last_ms"])
    if occurred_at + ErrorGroup.KEEP <= clock.now():
        return None
    days = with_day(row.days if row else {}, day, group["occurrences"])
    if day.isoformat() not in days:
        return None
    changed = copy_row(row) if row else ErrorGroup(tenant, group_id(group["fingerprint"]))
    changed.days, changed.occurrences = days, sum(days.values())
    first = moment_of(group["first_ms"])
    changed.first_seen_at = min(row.first_seen_at, first) if row else first
    if day.isoformat() == max(days):
        _set_latest(changed, group)
    if changed.is_resolved and changed.resolved_at is not None and occurred_at > changed.resolved_at:
        changed.is_resolved, changed.resolved_at, changed.resolved_by = False, None, None
    changed.unresolved = None if changed.is_resolved else error_logs.unresolved_key(tenant, changed.severity)
    return changed if row is None or rows_differ(changed, row) or changed.is_resolved != row.is_resolved else None


def _set_latest(row: ErrorGroup, group: DayGroup) -> None:
    """Set the columns that show the latest error."""
    document = json.loads(group["data"])
    row.fingerprint = group["fingerprint"]
    row.error_type, row.error_message = group["error_type"], group["error_message"]
    row.severity = _severity(document.pop("severity", None))
    row.stack_trace = _stack(document.pop("stack", None))
    row.users_affected = group["users_affected"]
    row.context = _context(document, group) or None
    row.occurred_at = moment_of(group["last_ms"])
    row.expires_epoch = row.occurred_at + ErrorGroup.KEEP


def _severity(text: Any) -> Severity:
    return Severity(text) if isinstance(text, str) and text in set(Severity) else Severity.ERROR


def _stack(text: Any) -> str | None:
    """Return the end of the stack trace, at most MAX_STACK_BYTES."""
    if not isinstance(text, str) or not text:
        return None
    return text.encode()[-MAX_STACK_BYTES:].decode(errors="ignore")


def _context(document: Mapping[str, Any], group: DayGroup) -> dict[str, Any]:
    known: Collection[str] = ("type", "message", "frames", "fingerprint")
    context = {name: value for name, value in document.items() if name not in known}
    places = {name: group[name] for name in ("path", "browser", "device_type", "user_id") if group[name] is not None}
    return {**context, **places}
