"""The metrics of discounts."""

from __future__ import annotations

from chalicelib.kit.metrics import Counter, NoAlarm

BATCH_SCHEDULES: tuple[str, ...] = ("discounts-start_due_work",)
"""The schedules that write `StepsFailed`."""

PUBLICATIONS_FAILED = Counter(
    "PublicationsFailed",
    NoAlarm("The merchant's page shows why; the close of the day tries again."),
)
