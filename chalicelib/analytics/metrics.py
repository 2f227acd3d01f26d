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
PAYMENTS_FAILING = Counter(
    "PaymentsFailing",
    Alarm(
        "analytics-payments-failing",
        "Over 5 % of at least 20 payments of yesterday and today failed, "
        "or analytics-close_days, which checks every hour, does not run.",
        written_by="analytics-close_days",
    ),
)
"""The number of failed payments if too many fail, else 0."""
MRR = Counter(
    "MonthlyRecurringRevenue", NoAlarm("The MRR in whole units of the reporting currency: a number to watch.")
)
