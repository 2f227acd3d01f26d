"""Rows of the AI ideas. A request's Idempotency-Key claims its order, so that a retry after a crash finds it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib.kit import unique_values
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, delete_if, readable_rows, update_if
from chalicelib.together.enums import IdeaStatus
from chalicelib.together.models import Idea

REQUEST_KEEP = timedelta(days=1)


def find(user_id: str, idea_id: str) -> Idea | None:
    """Return the member's order, read consistently; None if there is none."""
    try:
        return Idea.get(user_id, idea_id, consistent_read=True)
    except Idea.DoesNotExist:
        return None


def find_by_request(user_id: str, request: str) -> Idea | None:
    """Return the order of a request; None if it has none."""
    idea_id = unique_values.owner_of(_request_name(request))
    return find(user_id, idea_id) if idea_id else None


def add(row: Idea, request: str | None, now: datetime) -> None:
    """Write a new order, and claim it for its request. Raises WriteConflict if the request has an order."""
    with Transaction() as transaction:
        transaction.add(row, otherwise=WriteConflict())
        if request is not None:
            until = now + REQUEST_KEEP
            unique_values.claim(transaction, _request_name(request), row.id, WriteConflict(), until)


def remove_unpaid(row: Idea, request: str | None) -> None:
    """Delete an order that could not be paid, and the claim of its request, if it is still pending."""
    if delete_if(Idea(row.user_id, row.id), (Idea.status == IdeaStatus.PENDING) & Idea.failure_reason.does_not_exist()):
        with Transaction() as transaction:
            if request is not None:
                unique_values.release(transaction, _request_name(request), row.id)


def list_by_user(user_id: str, page: PageRequest) -> PageResult[Idea]:
    """Return a page of the member's orders, newest first."""
    return query_page(Idea.query(user_id, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start))


def iterate_pending(before: datetime) -> Iterator[Idea]:
    """Yield the keys of the orders that have been in the queue since before this time, oldest first."""
    yield from readable_rows(Idea.by_pending.query(IdeaStatus.PENDING, Idea.pending_since < before))


def mark_queued(key: Idea, now: datetime) -> bool:
    """Note that the order is queued at this time. Returns False if it is not pending, or another process queued it."""
    is_same = (Idea.status == IdeaStatus.PENDING) & (Idea.pending_since == key.pending_since)
    return update_if(Idea(key.user_id, key.id), [Idea.pending_since.set(now)], is_same)


def mark_completed(row: Idea, answers: Any, model: str, now: datetime) -> bool:
    """Store the answers of a pending order. Returns False if it is not pending or is failing."""
    is_open = (Idea.status == IdeaStatus.PENDING) & Idea.failure_reason.does_not_exist()
    actions = [
        Idea.status.set(IdeaStatus.COMPLETED),
        Idea.answers.set(answers),
        Idea.model.set(model),
        Idea.completed_at.set(now),
        Idea.pending_since.remove(),
    ]
    return update_if(Idea(row.user_id, row.id), actions, is_open)


def mark_failing(row: Idea, reason: str) -> bool:
    """Decide that a pending order fails: no answer is stored after that. Returns False if it is not pending.

    The first reason stays.
    """
    is_open = (Idea.status == IdeaStatus.PENDING) & Idea.failure_reason.does_not_exist()
    return update_if(Idea(row.user_id, row.id), [Idea.failure_reason.set(reason)], is_open)


def mark_failed(row: Idea, now: datetime) -> None:
    """Mark a failing order as failed, after its credits were returned."""
    is_failing = (Idea.status == IdeaStatus.PENDING) & Idea.failure_reason.exists()
    actions = [Idea.status.set(IdeaStatus.FAILED), Idea.completed_at.set(now), Idea.pending_since.remove()]
    update_if(Idea(row.user_id, row.id), actions, is_failing)


def _request_name(request: str) -> str:
    return unique_values.value_key("together", "ideas", "request", request)
