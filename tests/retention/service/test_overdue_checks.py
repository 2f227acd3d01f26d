"""A rule that does not complete and a request that is nearly due are seen in time, and nothing else is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from chalicelib.kit import clock, ids
from chalicelib.retention.domain.archive_pages import SegmentMove
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus, RuleRun
from chalicelib.retention.repository import privacy_requests, runs
from chalicelib.retention.rules import RULES
from chalicelib.retention.service.overdue_checks import NEAR_DUE, RULE_OVERDUE, check_overdue
from tests.retention.conftest import fire
from tests.retention.crash import crash_at

TICK = timedelta(seconds=1)


def test_a_rule_is_overdue_after_two_days() -> None:
    rule, now = next(iter(RULES)), clock.now()
    assert check_overdue(now) == ([], []), "rules that never ran"
    runs.add(rule, "2027-01-01", now, segments=1)
    assert check_overdue(now + RULE_OVERDUE - TICK) == ([], [])
    assert check_overdue(now + RULE_OVERDUE + timedelta(minutes=1)) == ([rule], [])


def test_a_stuck_rule_is_overdue_two_days_after_its_last_completion() -> None:
    rule, now = next(iter(RULES)), clock.now()
    done = runs.add(rule, "2027-01-01", now, segments=1)
    runs.advance_segment(done, SegmentMove(0, runs.segment_cursors(done)[0], None))
    runs.add(rule, "2027-01-02", now, segments=1).update([RuleRun.started_at.set(now + timedelta(days=1))])
    assert check_overdue(now + RULE_OVERDUE - TICK)[0] == []
    assert check_overdue(now + RULE_OVERDUE + timedelta(minutes=1))[0] == [rule]


def asked(due_at: datetime, status: PrivacyStatus = PrivacyStatus.PENDING) -> None:
    """Store a request."""
    privacy_requests.add(
        PrivacyRequest(
            id=ids.new(),
            kind=PrivacyKind.ERASE,
            subject="member:1",
            origin="operator",
            status=status,
            due_at=due_at,
            created_at=due_at - timedelta(days=30),
        )
    )


def test_a_request_is_near_due_five_days_before_its_due_date() -> None:
    now = clock.now()
    for status in (PrivacyStatus.PENDING, PrivacyStatus.COMPLETED):
        asked(now + timedelta(days=30), status)
    assert check_overdue(now + timedelta(days=30) - NEAR_DUE - TICK)[1] == []
    assert len(check_overdue(now + timedelta(days=30) - NEAR_DUE + TICK)[1]) == 1


def test_overdue_metrics_are_written_even_if_dispatch_fails(caplog: pytest.LogCaptureFixture) -> None:
    """The schedule's other half fails: that is what somebody has to be told of."""
    now = clock.now()
    asked(now + timedelta(days=1))
    with crash_at(1, "before-call", "SendMessage", how=RuntimeError), pytest.raises(RuntimeError):
        fire("retention-check_due_dates", now)
    assert "privacy request not completed: due within five days" in caplog.messages
