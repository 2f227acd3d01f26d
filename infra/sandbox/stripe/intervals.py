"""Billing intervals (https://docs.stripe.com/billing/subscriptions/billing-cycle)."""

import calendar
from datetime import UTC, datetime, timedelta


def add_interval(start: int, interval: str, count: int) -> int:
    """Return the end of a period, in Unix seconds.

    If the month does not have the day, use its last day (31 January + 1 month = 28 or 29 February).
    """
    at = datetime.fromtimestamp(start, UTC)
    if interval in ("day", "week"):
        return int((at + timedelta(days=count * (7 if interval == "week" else 1))).timestamp())
    months = at.year * 12 + at.month - 1 + count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return int(at.replace(year=year, month=month + 1, day=day).timestamp())
