"""Check for accounts whose erasure is due and has not begun; its metric has an alarm."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import logs
from chalicelib.together.metrics import ERASURES_OVERDUE
from chalicelib.together.repository import account_rows

FIRST, LAST = 2, 8
"""Days after the date of an account. `together-expire_accounts` runs once a day, so one day later is normal."""

log = logs.logger("together")


def check_erasures(now: datetime) -> int:
    """Return the number of accounts that are due for two to eight days; write it as a metric, also zero."""
    days = [now.date() - timedelta(days=number) for number in range(FIRST, LAST + 1)]
    count = sum(1 for day in days for _ in account_rows.iterate_closing(day))
    if count:
        log.error("accounts not erased: due for two days", extra={"accounts": count})
    ERASURES_OVERDUE.count(count)
    return count
