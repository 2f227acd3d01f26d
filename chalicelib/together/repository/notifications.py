"""Rows of the notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.kit import clock, tables
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.together.domain.notices import Notice, cause_of, due_in, due_keys
from chalicelib.together.models import Notification, User

Due = tuple[str, str, str]
"""The key, the member and the id of a due notice."""


def notice_id(scheduled_for: datetime, cause: str) -> str:
    """Return the id of a notice: ids sort by the time for which they are scheduled."""
    return f"{clock.iso(scheduled_for)}#{cause}"


def add(notice: Notice, now: datetime) -> bool:
    """Write the notice, and count it as unread if its time has come.

    Returns False if the notice exists already or the member does not exist.
    """
    try:
        with Transaction() as transaction:
            stage_counted(transaction, notice, now)
    except WriteConflict:
        return False
    return True


def stage(transaction: Transaction, notice: Notice, now: datetime) -> None:
    """Write the notice in the transaction, which raises WriteConflict if it exists already. It is not counted as unread."""
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
    transaction.add(row, otherwise=WriteConflict())


def stage_counted(transaction: Transaction, notice: Notice, now: datetime) -> None:
    """Write the notice in the transaction as `stage` does, and count it as unread if its time has come."""
    stage(transaction, notice, now)
    if notice.scheduled_for <= now:
        _count_unread(transaction, notice.user_id)


def find_with_member(user_id: str, row_id: str) -> tuple[Notification | None, User | None]:
    """Return a notice and its member, read consistently in one call; None for a missing row."""
    keys: list[tuple[type[tables.Table], tuple[str, ...]]] = [(Notification, (user_id, row_id)), (User, (user_id,))]
    notice, user = tables.get_many(keys, consistent=True)
    return (
        notice if isinstance(notice, Notification) else None,
        user if isinstance(user, User) else None,
    )


def iterate_due(hour: datetime, now: datetime) -> Iterator[Due]:
    """Yield the notices that are due in this hour and whose time has come."""
    for key in due_keys(hour):
        rows = Notification.by_due_in.query(key, Notification.id < clock.iso(now) + "$")  # "$" follows "#"
        for row in tables.readable_rows(rows):
            yield key, row.user_id, row.id


def list_counted_causes(user_id: str, since: datetime, prefix: str, but: str | None = None) -> set[str]:
    """Return the causes with this start of the member's notices since then that count as unread or were read.

    The notice with the id `but` is left out.
    """
    rows = tables.readable_rows(Notification.query(user_id, Notification.id >= clock.iso(since), consistent_read=True))
    return {
        cause for row in rows if (cause := cause_of(row.id)).startswith(prefix) and row.id != but and is_counted(row)
    }


def remove(row: Notification) -> None:
    """Delete the notice; one that counts as unread no longer does."""
    if not is_counted(row) or row.read_at is not None:
        row.delete()
        return
    try:
        with Transaction() as transaction:
            is_unread = Notification.id.exists() & Notification.read_at.does_not_exist()
            transaction.delete(row, is_unread, otherwise=WriteConflict())
            transaction.update(User(row.user_id), [User.unread.add(-1)], User.unread > 0, otherwise=WriteConflict())
    except WriteConflict:
        row.delete()


def is_counted(row: Notification) -> bool:
    """Return whether the notice counts as unread: it was added at its time, or was claimed once."""
    return row.attempts > 0 or row.scheduled_for <= row.created_at


def claim(row: Notification, now: datetime, until: datetime) -> bool:
    """Claim the notice for one worker until then; at its first claim, count it as unread if it was added before its time.

    `row.attempts` then holds the number of claims. Returns False if another worker has it or it is not due any more.
    """
    attempts = row.attempts + 1
    is_free = Notification.claimed_until.does_not_exist() | (Notification.claimed_until <= now)
    condition = Notification.due_in.exists() & is_free & (Notification.attempts == row.attempts)
    actions: list[Action] = [Notification.claimed_until.set(until), Notification.attempts.set(attempts)]
    is_claimed = update_if(row, actions, condition) if is_counted(row) else _claim_and_count(row, actions, condition)
    row.attempts = attempts
    return is_claimed


def _claim_and_count(row: Notification, actions: Sequence[Action], condition: Condition) -> bool:
    try:
        with Transaction() as transaction:
            transaction.update(row, actions, condition, otherwise=WriteConflict())
            _count_unread(transaction, row.user_id)
    except WriteConflict:
        return False
    return True


def finish(row: Notification, sent_at: datetime | None) -> None:
    """End the work on a notice: it was mailed, or will not be mailed (None)."""
    actions: list[Action] = [Notification.due_in.remove(), Notification.claimed_until.remove()]
    if sent_at is not None:
        actions += [Notification.emailed.set(True), Notification.sent_at.set(sent_at)]
    update_if(row, actions, Notification.due_in.exists())


def postpone(row: Notification, until: datetime) -> None:
    """Release the claim of a notice and make it due then."""
    actions = [Notification.due_in.set(due_in(until, row.id)), Notification.claimed_until.remove()]
    update_if(row, actions, Notification.due_in.exists())


def list_by_user(user_id: str, now: datetime, page: PageRequest) -> PageResult[Notification]:
    """Return one page of a member's notices whose time has come, the newest first."""
    rows = Notification.query(
        user_id,
        Notification.id < clock.iso(now) + "$",
        scan_index_forward=False,
        limit=page.limit,
        last_evaluated_key=page.start,
    )
    return query_page(rows)


def iterate_unread(user_id: str, now: datetime) -> Iterator[Notification]:
    """Yield a member's unread notices whose time has come, the newest first, read consistently."""
    rows = Notification.query(
        user_id,
        Notification.id < clock.iso(now) + "$",
        Notification.read_at.does_not_exist(),
        scan_index_forward=False,
        consistent_read=True,
    )
    yield from tables.readable_rows(rows)


def mark_read(user_id: str, rows: Sequence[Notification], unread: int, left: int, now: datetime) -> None:
    """Mark these notices as read and set the number of unread ones from `unread` to `left`, in one transaction.

    Raises WriteConflict if another writer changed one of them or the number.
    """
    with Transaction() as transaction:
        for row in rows:
            condition = Notification.id.exists() & Notification.read_at.does_not_exist()
            transaction.update(row, [Notification.read_at.set(now)], condition, otherwise=WriteConflict())
        transaction.update(
            User(user_id),
            [User.unread.set(left)],
            User.id.exists() & (User.unread == unread),
            otherwise=WriteConflict(),
        )


def _count_unread(transaction: Transaction, user_id: str) -> None:
    """Add one unread notice to the member's row. The transaction raises WriteConflict if the member does not exist."""
    transaction.update(User(user_id), [User.unread.add(1)], User.id.exists(), otherwise=WriteConflict())
