"""Notices of the members: what is added, listed and read."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.retries import retry_conflicts
from chalicelib.together.domain.notices import Notice, is_shown
from chalicelib.together.models import Notification, User
from chalicelib.together.repository import notifications, relationships, users
from chalicelib.together.schemas.notifications import NotificationRead

STEP = 40
"""Notices that one transaction marks as read."""


def add_notice(notice: Notice) -> bool:
    """Add a notice to its member's list; `together-dispatch_notifications` has it mailed once it is due.

    Returns False if the notice exists already, or if the member does not exist.
    """
    return notifications.add(notice, clock.now())


def list_notices(user: User, page: PageRequest) -> PageResult[NotificationRead]:
    """Return one page of the member's notices whose time has come, the newest first.

    Those of a relationship that is not active are left out, and planned ones until the sender has checked them, so that a
    page may hold fewer than were requested.
    """
    rows = notifications.list_by_user(user.id, clock.now(), page)
    status = None
    if user.relationship_id is not None and any(row.relationship_id for row in rows.items):
        [relationship] = relationships.find_relationships([user.relationship_id])
        status = relationship.status if relationship else None
    shown = [
        row
        for row in rows.items
        if notifications.is_counted(row) and is_shown(row.relationship_id, user.relationship_id, status)
    ]
    return PageResult(shown, rows.last_key).map(NotificationRead.of)


def read_through(user_id: str, notice_id: str) -> int:
    """Mark the member's notices up to this one as read; return the number of unread ones that remain.

    Also marks those that are not shown at present. Repeating it changes nothing.
    """
    while True:
        unread, is_done = retry_conflicts(lambda: _read_step(user_id, notice_id))
        if is_done:
            return unread


def _read_step(user_id: str, notice_id: str) -> tuple[int, bool]:
    """Mark at most STEP notices as read; return the number of unread ones and whether none is left to be marked.

    The newer unread notices are counted, too: `unread` still counts those that have expired unread.
    """
    user = users.find_user(user_id)
    if user is None or user.unread <= 0:
        return 0, True
    now = clock.now()
    newer, rows = 0, list[Notification]()
    for row in notifications.iterate_unread(user_id, now):
        if not notifications.is_counted(row):
            continue
        if row.id > notice_id:
            newer += 1
        else:
            rows.append(row)
        if newer + len(rows) == user.unread or len(rows) > STEP:
            break
    is_done = len(rows) <= STEP
    left = newer if is_done else user.unread - STEP
    if rows or left != user.unread:
        notifications.mark_read(user_id, rows[:STEP], user.unread, left, now)
    return left, is_done
