"""The notices that are due: an index lists them by the hour in which they are to be mailed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.kit import messages
from chalicelib.together.domain.notices import due_time
from chalicelib.together.metrics import OLDEST_DUE_NOTICE
from chalicelib.together.repository import notifications
from chalicelib.together.schemas.messages import NotificationDue
from chalicelib.together.schemas.notifications import DueNoticeRead

_HOUR = timedelta(hours=1)
LOOK_BACK = timedelta(hours=3)
"""The time before the last completed run that is looked at again: its notices may not be sent yet."""
FIRST_LOOK_BACK = timedelta(days=2)


def list_due_notices(now: datetime, since: datetime | None) -> Iterator[DueNoticeRead]:
    """Yield the notices that are due and not sent, by hour. `since` is when the last run completed."""
    hour = (since - LOOK_BACK if since else now - FIRST_LOOK_BACK).replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        for key, user_id, notice_id in notifications.iterate_due(hour, now):
            yield DueNoticeRead(user_id=user_id, id=notice_id, due_at=due_time(key, notice_id))
        hour += _HOUR


def send_due(now: datetime, since: datetime | None) -> int:
    """Send the due notices to their worker; return their number.

    A notice that waits for its worker is sent to it at every run; the worker claims it, so it is mailed once.
    """
    count, oldest = 0, now

    def due_messages() -> Iterator[NotificationDue]:
        nonlocal count, oldest
        for notice in list_due_notices(now, since):
            count, oldest = count + 1, min(oldest, notice.due_at)
            yield NotificationDue(user_id=notice.user_id, notification_id=notice.id)

    messages.publish_many(due_messages())
    OLDEST_DUE_NOTICE.record(now - oldest)
    return count
