"""Gifts, found by code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.billing.enums import GiftStatus
from chalicelib.billing.models import Gift
from chalicelib.kit import clock, pagination
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import Transaction, readable_rows


def add(row: Gift) -> None:
    """Write a new gift. Raises pynamodb's PutError if its code is taken, which is practically impossible."""
    row.save(condition=Gift.code.does_not_exist())


def find(code: str) -> Gift | None:
    """Return the gift with this code, read consistently, or None."""
    try:
        return Gift.get(code, consistent_read=True)
    except Gift.DoesNotExist:
        return None


def stage_gift(transaction: Transaction, row: Gift, was: GiftStatus) -> None:
    """Stage a write of the gift if its status is still `was`.

    The transaction fails with WriteConflict if the status has changed.
    """
    row.updated_at = clock.now()
    transaction.put(row, condition=Gift.status == was, otherwise=WriteConflict())


def list_by_buyer(buyer_id: str, page: PageRequest) -> PageResult[Gift]:
    """Return one page of the gifts that a member bought, newest first."""
    return pagination.query_page(
        Gift.by_buyer.query(buyer_id, limit=page.limit, last_evaluated_key=page.start, scan_index_forward=False)
    )


def iterate_over(status: GiftStatus, now: datetime) -> Iterator[Gift]:
    """Yield the gifts of a status that have expired."""
    yield from readable_rows(Gift.by_status.query(status, Gift.expires_at <= now))
