"""What must not go unseen: a rule that did not complete for two days, a request near its due date. Both have alarms."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import logs, metrics
from chalicelib.retention.repository import requests, runs
from chalicelib.retention.rules import RULES

RULE_OVERDUE = timedelta(days=2)
REQUEST_NEAR = timedelta(days=5)
"""Before the due date: time enough to mend what holds a request up."""

log = logs.logger("retention")


def watch(now: datetime) -> tuple[list[str], list[str]]:
    """The rules that did not complete for two days, and the open requests that are due within five; both counted.

    A rule that never ran is not overdue: it begins with the first sweep.
    """
    rules = [name for name in RULES if _is_overdue(name, now)]
    near = [row.id for row in requests.iterate_open() if row.due_at - now < REQUEST_NEAR]
    for name in rules:
        log.error("a rule does not complete", extra={"rule": name})
    for request in near:
        log.error("a privacy request is near its due date", extra={"request": request})
    metrics.count("RulesOverdue", len(rules))
    metrics.count("PrivacyRequestsNearDue", len(near))
    return rules, near


def _is_overdue(rule: str, now: datetime) -> bool:
    since = runs.completed_or_begun(rule)
    return since is not None and now - since > RULE_OVERDUE
