"""Reminders of dates: planned notices, checked when they are due, which then plan the next occurrence.

A reminder of another zone, of a changed or deleted date is dropped when it is due. So planning only adds, and a crash
between two steps loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from chalicelib.kit import clock
from chalicelib.kit.tables import Transaction
from chalicelib.together.domain import reminder_plan
from chalicelib.together.domain.moments import local_date
from chalicelib.together.domain.notices import Notice, cause_of
from chalicelib.together.domain.preferences import reminder_hour
from chalicelib.together.domain.relationship_state import WRITABLE
from chalicelib.together.domain.reminder_plan import PlannedReminder
from chalicelib.together.enums import NotificationKind
from chalicelib.together.models import ImportantDate, Notification, Relationship, User
from chalicelib.together.repository import dates, notifications, relationships, users
from chalicelib.together.service.notifications import add_notice

ACTION_URL = "/together/app#dates"
_DAY = timedelta(days=1)
_LOOK_BACK = timedelta(days=63)
"""A reminder is sent at most 60 days before its date."""


def plan_reminders(user: User) -> None:
    """Plan the next reminder of each date of the member's relationship; what is planned or sent already stays.

    Call it when the member's zone or hour changes, or when dates become theirs. Safe to repeat.
    """
    if user.relationship_id is not None:
        plan_dates(user, dates.list_by_relationship(user.relationship_id))


def plan_dates(user: User, rows: Iterable[ImportantDate]) -> None:
    """Plan the next reminder of each of these dates for the member."""
    rows = list(rows)
    if not rows:
        return
    now = clock.now()
    sent = notifications.list_counted_causes(user.id, now - _LOOK_BACK, reminder_plan.PREFIX)
    for row in rows:
        planned = reminder_plan.plan_unsent(row, now, _place(user), sent)
        if planned is not None:
            add_notice(to_notice(user, row.relationship_id, planned))


def stage_reminders(transaction: Transaction, row: ImportantDate, members: Iterable[User]) -> None:
    """Plan the first reminder of a new date for the members, in the transaction that adds it."""
    for user in members:
        planned = reminder_plan.plan_unsent(row, row.created_at, _place(user), ())
        if planned is not None:
            notifications.stage_counted(transaction, to_notice(user, row.relationship_id, planned), row.created_at)


def settle_reminder(row: Notification) -> bool:
    """Plan what follows a reminder that is due; return whether it is still to be sent. Safe to repeat.

    It is not if the member's zone or hour, the date or the relationship has changed, or if another one reminded of the
    same occurrence.
    """
    date_id, occurs_on = reminder_plan.parse_cause(cause_of(row.id))
    user, relationship = users.find_user(row.user_id), _find_relationship(str(row.relationship_id))
    stored = dates.find(str(row.relationship_id), date_id)
    if user is None or stored is None or relationship is None or user.relationship_id != relationship.id:
        return False
    planned = PlannedReminder(date_id, occurs_on, row.scheduled_for)
    is_sent = planned.cause in notifications.list_counted_causes(
        user.id, row.scheduled_for - _LOOK_BACK, planned.cause, but=row.id
    )
    if not is_sent and not _is_still_right(user, stored, planned):
        plan_dates(user, [stored])
        return False
    _plan_following(user, stored, occurs_on)
    return not is_sent and relationship.status in WRITABLE


def to_notice(user: User, relationship_id: str, planned: PlannedReminder) -> Notice:
    """Return the notice of a reminder. It names the occurrence; the app shows the date's title."""
    return Notice(
        user.id,
        NotificationKind.REMINDER,
        planned.cause,
        "An important date is near",
        f"One of your dates is on {planned.occurs_on:%d %B %Y}.",
        planned.scheduled_for,
        action_url=ACTION_URL,
        relationship_id=relationship_id,
        subject_id=planned.date_id,
    )


def _is_still_right(user: User, row: ImportantDate, planned: PlannedReminder) -> bool:
    """Return whether the reminder is right for the member's hour and zone, or is the last one for its occurrence."""
    today = local_date(clock.now(), user.timezone)
    return reminder_plan.is_right(row, planned, _place(user)) or reminder_plan.is_missed(row, planned.occurs_on, today)


def _plan_following(user: User, row: ImportantDate, occurs_on: date) -> None:
    following = reminder_plan.plan_from(row, occurs_on + _DAY, *_place(user))
    if following is not None:
        add_notice(to_notice(user, row.relationship_id, following))


def _place(user: User) -> tuple[int, str]:
    return reminder_hour(user.preferences), user.timezone


def _find_relationship(relationship_id: str) -> Relationship | None:
    [relationship] = relationships.find_relationships([relationship_id])
    return relationship
