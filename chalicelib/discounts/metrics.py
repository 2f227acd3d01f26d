"""The metrics of discounts."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, Duration, NoAlarm

JOURNAL_FOUND_OPEN = Duration(
    "JournalFoundOpen",
    Alarm(
        "discounts-journal-open",
        "The journal of a shop's usage was found open after more than 10 minutes: no worker could finish it.",
        above=600,
    ),
)
USAGE_DROPPED = Counter(
    "UsageDropped",
    NoAlarm("Changes of days that are archived already, and orders of over 400 days ago, are not counted: by design."),
)
