"""Checks for overdue retention rules and for privacy requests near their due date; both metrics have alarms."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import logs
from chalicelib.retention.metrics import PRIVACY_REQUESTS_NEAR_DUE, RULES_OVERDUE
from chalicelib.retention.repository import privacy_requests, runs
from chalicelib.retention.rules import RULES

RULE_OVERDUE = timedelta(days=2)
NEAR_DUE = timedelta(days=5)
"""A request is near its due date from this time before it, which leaves time to fix the cause."""

log = logs.logger("retention")


def check_overdue(now: datetime) -> tuple[list[str], list[str]]:
    """Return the overdue rules and the ids of open requests near their due date; write a metric of each, also zero.

    A rule is overdue two days after its last completion. A rule that never ran is not overdue.
    """
    rules = [name for name in RULES if _is_overdue(name, now)]
    near = [row.id for row in privacy_requests.iterate_open() if row.due_at - now < NEAR_DUE]
    for name in rules:
        log.error("retention rule overdue: no completed run for two days", extra={"rule": name})
    for request in near:
        log.error("privacy request not completed: due within five days", extra={"request": request})
    RULES_OVERDUE.count(len(rules))
    PRIVACY_REQUESTS_NEAR_DUE.count(len(near))
    return rules, near


def _is_overdue(rule: str, now: datetime) -> bool:
    since = runs.last_completion(rule)
    return since is not None and now - since > RULE_OVERDUE
