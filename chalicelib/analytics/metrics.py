"""The metrics of analytics."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, Duration, NoAlarm

BATCH_SCHEDULES: tuple[str, ...] = ("analytics-close_days", "analytics-roll_up_days")
"""The schedules that write `StepsFailed`."""

OLDEST_PART = Duration(
    "OldestPart",
    Alarm(
        "analytics-oldest-part",
        "A part of a day has not been computed for more than 30 minutes, "
        "or analytics-roll_up_days, which checks every five minutes, does not run.",
        above=1800,
        written_by="analytics-roll_up_days",
    ),
)
ACTIVE_MEMBERS = Counter(
    "ActiveMembers",
    NoAlarm("The daily active members of the couples app, as of the last computation of a day: a number to watch."),
)
MRR = Counter(
    "MonthlyRecurringRevenue",
    NoAlarm("The monthly recurring revenue in whole units of the reporting currency: a number to watch."),
)
FAILED_PAYMENTS = Counter(
    "FailedPaymentsPercent",
    Alarm(
        "analytics-failed-payments",
        "Over 5 % of at least 20 payments of today and yesterday failed, "
        "or analytics-close_days, which checks every hour, does not run.",
        above=5,
        written_by="analytics-close_days",
    ),
)
"""Rounded up; 0 for fewer than 20 payments."""
