"""Groups of errors by tenant and id, and the unresolved ones by severity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from chalicelib.analytics.enums import Severity
from chalicelib.analytics.errors import ErrorGroupNotFound
from chalicelib.analytics.models import ErrorGroup
from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import delete_if, get_many, put_if, readable_rows, update_if

_BATCH = 100


def get(tenant: str, error_id: str) -> ErrorGroup:
    """Return a group, read consistently. Raises ErrorGroupNotFound."""
    try:
        row = ErrorGroup.get(tenant, error_id, consistent_read=True)
    except ErrorGroup.DoesNotExist:
        raise ErrorGroupNotFound from None
    if row.expires_epoch <= clock.now():
        raise ErrorGroupNotFound
    return row


def find_many(tenant: str, error_ids: Iterable[str]) -> dict[str, ErrorGroup]:
    """Return the groups with these ids by id; one read call for each 100."""
    ids = list(error_ids)
    rows: dict[str, ErrorGroup] = {}
    for start in range(0, len(ids), _BATCH):
        keys = ((ErrorGroup, (tenant, each)) for each in ids[start : start + _BATCH])
        rows |= {row.id: row for row in get_many(keys, consistent=True) if row is not None}
    return rows


def iterate_by_tenant(tenant: str) -> Iterator[ErrorGroup]:
    """Iterate over all groups of a tenant."""
    return readable_rows(ErrorGroup.query(tenant, consistent_read=True))


def list_unresolved(tenant: str, severity: Severity, page: PageRequest) -> PageResult[ErrorGroup]:
    """Return one page of the unresolved groups of a severity, the latest error first."""
    keys = ErrorGroup.by_unresolved.query(
        unresolved_key(tenant, severity), limit=page.limit, last_evaluated_key=page.start, scan_index_forward=False
    )
    rows = get_many([(ErrorGroup, (tenant, row.id)) for row in keys])
    now = clock.now()
    return PageResult([row for row in rows if row is not None and row.expires_epoch > now], keys.last_evaluated_key)


def replace(before: ErrorGroup | None, row: ErrorGroup) -> None:
    """Write a group. Raises WriteConflict if its days or its resolution changed since `before` was read."""
    if before is None:
        is_unchanged = ErrorGroup.id.does_not_exist()
    else:
        is_unchanged = (ErrorGroup.days == before.days) & (ErrorGroup.is_resolved == before.is_resolved)
    if not put_if(row, is_unchanged):
        raise WriteConflict


def delete(before: ErrorGroup) -> None:
    """Delete a group. Raises WriteConflict if its days changed since it was read."""
    if not delete_if(ErrorGroup(before.tenant, before.id), ErrorGroup.days == before.days):
        raise WriteConflict


def mark_resolved(row: ErrorGroup, actor: str, now: datetime) -> None:
    """Mark a group as resolved. Raises WriteConflict if it got another error since it was read."""
    actions = [
        ErrorGroup.is_resolved.set(True),
        ErrorGroup.resolved_at.set(now),
        ErrorGroup.resolved_by.set(actor),
        ErrorGroup.unresolved.remove(),
    ]
    if not update_if(ErrorGroup(row.tenant, row.id), actions, ErrorGroup.occurred_at == row.occurred_at):
        raise WriteConflict


def unresolved_key(tenant: str, severity: Severity) -> str:
    """Return the key of a tenant's unresolved groups of a severity."""
    return f"{tenant}#{severity.value}"
