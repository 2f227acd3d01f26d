"""Privacy requests. Workers update a request only if its version has not changed since they read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.retention.domain.request_progress import RequestProgress
from chalicelib.retention.errors import RequestNotFound
from chalicelib.retention.models import PrivacyRequest, PrivacyStatus

OPEN = (PrivacyStatus.PENDING, PrivacyStatus.RUNNING, PrivacyStatus.FAILED)


def add(row: PrivacyRequest) -> bool:
    """Store a request. Returns False if it is already stored."""
    try:
        with Transaction() as transaction:
            transaction.add(row, otherwise=WriteConflict())
    except WriteConflict:
        return False
    return True


def get(request: str) -> PrivacyRequest:
    """Return a request, read consistently. Raises RequestNotFound."""
    try:
        return PrivacyRequest.get(request, consistent_read=True)
    except PrivacyRequest.DoesNotExist as error:
        raise RequestNotFound from error


def progress_of(row: PrivacyRequest) -> RequestProgress:
    """Return the progress of a request."""
    stored = dict(row.progress or {})
    return RequestProgress(
        **{**stored, **{name: tuple(stored.get(name, ())) for name in ("apps", "order_ids", "came_back")}}
    )


def progress_actions(progress: RequestProgress) -> list[Action]:
    """Return the update actions that store the progress."""
    return [
        PrivacyRequest.progress.set(asdict(progress)),
        PrivacyRequest.status.set(PrivacyStatus.RUNNING),
        PrivacyRequest.version.add(1),
    ]


def is_unchanged(row: PrivacyRequest) -> Any:
    """Return the condition that no other worker has updated the request."""
    return (PrivacyRequest.version == row.version) & (PrivacyRequest.status != PrivacyStatus.COMPLETED)


def save_progress(row: PrivacyRequest, progress: RequestProgress) -> None:
    """Store the progress and update the row. Raises WriteConflict."""
    if not update_if(row, progress_actions(progress), is_unchanged(row)):
        raise WriteConflict("another worker has updated the request")


def mark_completed(row: PrivacyRequest, report: dict[str, Any]) -> None:
    """Complete the request and replace its subject by the pseudonym. Raises WriteConflict."""
    actions: list[Action] = [
        PrivacyRequest.status.set(PrivacyStatus.COMPLETED),
        PrivacyRequest.subject.set(pseudonym(row.subject)),
        PrivacyRequest.progress.remove(),
        PrivacyRequest.report.set(report),
        PrivacyRequest.completed_at.set(clock.now()),
        PrivacyRequest.version.add(1),
    ]
    if not update_if(row, actions, is_unchanged(row)):
        raise WriteConflict("another worker has updated the request")


def list_by_status(status: PrivacyStatus, page: PageRequest) -> PageResult[PrivacyRequest]:
    """Return a page of requests with this status, the earliest due date first."""
    return query_page(PrivacyRequest.by_status.query(status, limit=page.limit, last_evaluated_key=page.start))


def list_by_subject(subject: str, page: PageRequest) -> PageResult[PrivacyRequest]:
    """Return a page of requests with exactly this subject or pseudonym, newest first."""
    rows = PrivacyRequest.by_subject.query(
        subject, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start
    )
    return query_page(rows)


def iterate_open() -> Iterator[PrivacyRequest]:
    """Yield the open requests; within a status, the earliest due date first."""
    for status in OPEN:
        yield from PrivacyRequest.by_status.query(status, page_size=100)
