"""When an owner whose payment failed is reminded: on days 0, 2, 7 and 14 of the oldest unpaid invoice.

Access ends after seven days (`access`); Stripe itself tries the payment again meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta

NOTICE_DAYS = (0, 2, 7, 14)
LONGEST = timedelta(days=NOTICE_DAYS[-1])


def notice_due(past_due_since: datetime, after: datetime | None, until: datetime) -> int | None:
    """The day of the notice that fell due after `after` (None: ever) and not after `until`; None without one.

    Of several the latest: who was not reminded for a while is reminded once. Windows that follow one another give each
    notice at most once.
    """
    moments = ((day, past_due_since + timedelta(days=day)) for day in NOTICE_DAYS)
    return max((day for day, at in moments if at <= until and (after is None or after < at)), default=None)
