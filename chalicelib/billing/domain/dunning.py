"""Dunning: the days on which an owner is notified of a failed payment.

Notices are due on days 0, 2, 7 and 14 of the oldest unpaid invoice. Stripe retries the payment during this time. Access
ends after seven days (`access`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

NOTICE_DAYS = (0, 2, 7, 14)
LONGEST = timedelta(days=NOTICE_DAYS[-1])


def notice_due(past_due_since: datetime, after: datetime | None, until: datetime) -> int | None:
    """Return the day of the notice due after `after` (None: at any time) and at or before `until`; None if there is none.

    If several notices are due, return only the latest, so that an overdue owner gets one notice. Consecutive windows
    return each notice at most once.
    """
    moments = ((day, past_due_since + timedelta(days=day)) for day in NOTICE_DAYS)
    return max((day for day, at in moments if at <= until and (after is None or after < at)), default=None)
