"""The metrics of retention."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, NoAlarm

RULES_OVERDUE = Counter(
    "RulesOverdue",
    Alarm(
        "retention-rules-overdue",
        "A retention rule has not completed for two days, or retention-check_due_dates does not run: "
        "see the log of retention-sweep_segment.",
        written_by="retention-check_due_dates",
    ),
)
PRIVACY_REQUESTS_NEAR_DUE = Counter(
    "PrivacyRequestsNearDue",
    Alarm(
        "retention-requests-near-due",
        "A privacy request is due within five days and not completed, or retention-check_due_dates does not run: "
        "see the runbook.",
        written_by="retention-check_due_dates",
    ),
)
REQUESTS_COMPLETED = Counter(
    "RequestsCompleted",
    NoAlarm("It counts successes; `PrivacyRequestsNearDue` reports requests that are not completed in time."),
    dimensions=("kind",),
)
