"""Tests of SES's feedback: it stops the e-mails to a member whose address fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.integrations import email
from chalicelib.integrations.email import Email
from chalicelib.kit.email_reports import EmailReported
from chalicelib.together.models import User
from chalicelib.together.service.mail_failures import count_failure, record_report
from infra.local.engine import Engine
from tests.discounts.faults import killed_at
from tests.together.mailing import NOON, Clock, dispatch, new_notice, subjects
from tests.together.members import new_member

Drain = Callable[[], list[dict[str, Any]]]


def _report(user: User, event: str, number: int = 0, **fields: Any) -> EmailReported:
    fields = {"tenant": "together", "recipients": (user.email,), "occurred_at": NOON} | fields
    return EmailReported(event=event, email_id=f"mail-{number}", **fields)


def _state(user: User) -> tuple[int, bool]:
    row = User.get(user.id)
    return row.email_failures, row.email_off_at is not None


@pytest.mark.parametrize(
    ("event", "fields", "state"),
    [
        ("bounce", {"bounce_type": "Permanent"}, (0, True)),
        ("bounce", {"bounce_type": "Permanent", "tenant": None}, (0, True)),
        ("complaint", {}, (0, True)),
        ("bounce", {"bounce_type": "Transient"}, (1, False)),
        ("bounce", {"bounce_type": "Undetermined"}, (1, False)),
        ("reject", {}, (1, False)),
        ("open", {}, (0, False)),
        ("bounce", {"bounce_type": "Permanent", "tenant": "store:1"}, (0, False)),
    ],
)
@pytest.mark.parametrize("has_tag", [True, False])
def test_reports(event: str, fields: dict[str, Any], state: tuple[int, bool], has_tag: bool) -> None:
    user = new_member()
    report = _report(user, event, user_id=user.id if has_tag else None, **fields)
    for _ in range(2):
        record_report(report)
    assert _state(user) == state


def test_ten_failures_in_a_row_stop_the_mails_and_a_delivery_begins_again() -> None:
    user = new_member()
    for number in range(9):
        record_report(_report(user, "bounce", number, bounce_type="Transient"))
    assert _state(user) == (9, False)
    record_report(_report(user, "delivery", 9))
    assert _state(user) == (0, False)
    for number in range(10, 20):
        record_report(_report(user, "bounce", number, bounce_type="Transient"))
    assert _state(user) == (10, True)


def test_concurrent_failures_are_all_counted_once() -> None:
    user = new_member()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: count_failure(user.id, f"cause-{number % 3}"), range(6)))
    assert _state(user) == (3, False)


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_worker_killed_at_any_call_counts_once(when: str) -> None:
    for number in range(1, 8):
        user = new_member()
        report = _report(user, "bounce", number, bounce_type="Transient")
        is_killed = killed_at(number, when, lambda report=report: record_report(report))  # type: ignore[misc]
        record_report(report)
        assert _state(user) == (1, False)
        if not is_killed:
            break
    assert not is_killed, "more calls than expected"


def test_a_report_about_a_former_address_changes_nothing() -> None:
    user = new_member(email="new@example.com")
    record_report(_report(user, "complaint", user_id=user.id, recipients=("old@example.com",)))
    assert _state(user) == (0, False)


@pytest.mark.parametrize("name", ["bounce", "complaint"])
def test_the_mailbox_simulator_stops_the_mails_of_its_member(
    engine: Engine, drain: Drain, moving_clock: Clock, name: str
) -> None:
    user = new_member(email=f"{name}@simulator.amazonses.com")
    new_notice(user, NOON)
    dispatch(NOON)
    assert drain() == []
    assert len(subjects(engine)) == 1
    assert _state(user)[1]
    new_notice(user, NOON, "other")
    dispatch(moving_clock.advance(minutes=5))
    assert drain() == []
    assert len(subjects(engine)) == 1


def test_mails_to_strangers_concern_no_member(drain: Drain) -> None:
    user = new_member()
    email.send(Email("bounce@simulator.amazonses.com", "Subject", "Text"))
    assert drain() == []
    assert _state(user) == (0, False)
