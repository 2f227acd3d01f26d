"""For which dates a member may check in, by the clock of their time zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from chalicelib.together.domain.moments import local_date

LATE_DAYS = 2
"""Days back for which a member may check in."""
OFFLINE_DAYS = 7
"""Days back for a check-in that was entered on its date and sent later."""


def rejection_reason(day: date, zone: str, now: datetime, recorded_at: datetime | None) -> str | None:
    """Return why there can be no check-in for the date, None if there can be.

    `recorded_at` is when the member entered it, as their device says; None: now.
    """
    today = local_date(now, zone)
    if day > today:
        return f"must not be after {today}, the date in the time zone"
    if day >= today - timedelta(days=LATE_DAYS):
        return None
    is_offline = recorded_at is not None and local_date(recorded_at, zone) == day
    if is_offline and day >= today - timedelta(days=OFFLINE_DAYS):
        return None
    return f"must be within {LATE_DAYS} days, or within {OFFLINE_DAYS} days and the date of recorded_at"
