"""Rows of the notices."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.together.domain.notices import Notice, due_in
from chalicelib.together.models import Notification, User


def notice_id(scheduled_for: datetime, cause: str) -> str:
    """Return the id of a notice: ids sort by the time for which they are scheduled."""
    return f"{clock.iso(scheduled_for)}#{cause}"


def add(notice: Notice, now: datetime) -> bool:
    """Write the notice, and count it as unread if its time has come.

    Returns False if the notice exists already or the member does not exist.
    """
    row_id = notice_id(notice.scheduled_for, notice.cause)
    row = Notification(
        notice.user_id,
        row_id,
        kind=notice.kind,
        title=notice.title,
        body=notice.body,
        action_url=notice.action_url,
        relationship_id=notice.relationship_id,
        subject_id=notice.subject_id,
        scheduled_for=notice.scheduled_for,
        due_in=due_in(max(notice.scheduled_for, now), row_id),
        created_at=now,
        expires_epoch=notice.scheduled_for + Notification.KEEP,
    )
    try:
        with Transaction() as transaction:
            transaction.add(row, otherwise=WriteConflict())
            if notice.scheduled_for <= now:
                count_unread(transaction, notice.user_id)
    except WriteConflict:
        return False
    return True


def count_unread(transaction: Transaction, user_id: str) -> None:
    """Add one unread notice to the member's row, in the transaction. It raises WriteConflict if the member does not exist."""
    transaction.update(User(user_id), [User.unread.add(1)], User.id.exists(), otherwise=WriteConflict())
