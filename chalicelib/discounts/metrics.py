"""The metrics of discounts."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, Duration, NoAlarm

BATCH_SCHEDULES: tuple[str, ...] = ("discounts-start_due_work",)
"""The schedules that write `StepsFailed`."""

JOURNAL_FOUND_OPEN = Duration(
    "JournalFoundOpen",
    Alarm(
        "discounts-journal-open",
        "The journal of a shop's usage was found open after more than 10 minutes: no worker could finish it.",
        above=600,
    ),
)
PUBLICATIONS_FAILED = Counter(
    "PublicationsFailed",
    NoAlarm("The merchant's page shows the reason; the day close retries."),
)
USAGE_DIFFERS = Counter(
    "UsageDiffers",
    Alarm(
        "discounts-usage-differs",
        "A weekly recount found figures of a shop that differ from its orders: see the runbook, then rebuild them.",
    ),
)
"""The number of rows that differ."""
USAGE_DROPPED = Counter(
    "UsageDropped",
    NoAlarm("Changes of days that are archived already, and orders of over 400 days ago, are not counted: by design."),
)
