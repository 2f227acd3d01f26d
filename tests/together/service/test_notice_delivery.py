"""Tests of mailing notices: once, at the right time, to those who want them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.kit import messages
from chalicelib.together.enums import NotificationKind, RelationshipStatus
from chalicelib.together.models import Notification, Relationship, User
from chalicelib.together.schemas.messages import NotificationDue
from chalicelib.together.service.notice_delivery import CLAIM, send_notice
from infra.local.engine import Engine
from tests.discounts.faults import killed_at, without_waits
from tests.retention.crash import Crash
from tests.together.mailing import NOON, Clock, dispatch, new_notice, ses, ses_failing, subjects
from tests.together.members import new_couple, new_member

Drain = Callable[[], list[dict[str, Any]]]


def _message(row: Notification) -> NotificationDue:
    return NotificationDue(user_id=row.user_id, notification_id=row.id)


def _reloaded(row: Notification) -> Notification:
    return Notification.get(row.user_id, row.id)


def test_a_due_notice_is_mailed_once(engine: Engine, drain: Drain, moving_clock: Clock) -> None:
    row = new_notice(new_member(email="ann@example.com"), NOON)
    for _ in range(2):
        dispatch(NOON)
        assert drain() == []
    [mail] = engine.sent_emails()
    assert (mail["To"], mail["Subject"]) == (["ann@example.com"], "A date is near")
    assert "It is in 7 days." in mail["BodyText"]
    assert "It is in 7 days." in mail["BodyHtml"]
    sent = _reloaded(row)
    assert (sent.emailed, sent.sent_at) == (True, NOON)
    assert sent.due_in is None
    assert sent.claimed_until is None


def test_a_notice_of_later_is_mailed_at_its_time_and_then_counts_as_unread(
    engine: Engine, drain: Drain, moving_clock: Clock
) -> None:
    user = new_member()
    new_notice(user, NOON + timedelta(minutes=40))
    dispatch(moving_clock.advance(minutes=35))
    drain()
    assert subjects(engine) == []
    assert User.get(user.id).unread == 0
    dispatch(moving_clock.advance(minutes=5))
    drain()
    assert len(subjects(engine)) == 1
    assert User.get(user.id).unread == 1


def test_eight_workers_with_the_same_message_send_one_mail(engine: Engine, moving_clock: Clock) -> None:
    user = new_member()
    row = new_notice(user, NOON + timedelta(minutes=1))
    moving_clock.advance(minutes=1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send_notice, [_message(row)] * 8))
    assert len(subjects(engine)) == 1
    assert User.get(user.id).unread == 1


@pytest.mark.parametrize("when", ["before-call", "after-call"])
@pytest.mark.parametrize("is_later", [False, True])
def test_a_worker_killed_at_any_call_loses_nothing_and_repeats_only_what_ses_took(
    engine: Engine, moving_clock: Clock, when: str, is_later: bool
) -> None:
    for number in range(1, 10):
        sent = len(subjects(engine))
        user = new_member()
        row = new_notice(user, moving_clock.now + timedelta(minutes=1 if is_later else 0))
        moving_clock.advance(minutes=2)
        is_killed = killed_at(number, when, partial(send_notice, _message(row)))
        first = len(subjects(engine)) - sent
        send_notice(_message(row))
        assert len(subjects(engine)) - sent <= max(first, 1), "a claimed notice is not sent"
        moving_clock.advance(seconds=CLAIM.total_seconds() + 1)
        send_notice(_message(row))
        send_notice(_message(row))
        assert len(subjects(engine)) - sent in (1, 1 + first)
        assert _reloaded(row).emailed
        assert User.get(user.id).unread == 1
        if not is_killed:
            break
    assert not is_killed, "more calls than expected"
    assert number > 2


def test_a_worker_killed_after_ses_took_the_mail_repeats_it_once(engine: Engine, moving_clock: Clock) -> None:
    row = new_notice(new_member(), NOON)

    def die(**_: Any) -> None:
        raise Crash

    with ses("after-call", die), pytest.raises(Crash):
        send_notice(_message(row))
    for _ in range(3):
        send_notice(_message(row))
    assert len(subjects(engine)) == 1
    moving_clock.advance(minutes=6)
    for _ in range(3):
        send_notice(_message(row))
    assert len(subjects(engine)) == 2


def test_a_slow_ses_is_asked_once_and_again_after_the_claim(engine: Engine, moving_clock: Clock) -> None:
    """The answer is lost after SES took the e-mail: botocore must not send it again."""
    row = new_notice(new_member(), NOON)
    requests: list[int] = []

    def time_out(**_: Any) -> None:
        requests.append(1)
        raise ReadTimeoutError(endpoint_url="ses")

    with ses("before-call", time_out), pytest.raises(ReadTimeoutError):
        send_notice(_message(row))
    assert len(requests) == 1
    send_notice(_message(row))
    assert subjects(engine) == []
    moving_clock.advance(minutes=6)
    send_notice(_message(row))
    assert len(subjects(engine)) == 1


def test_while_ses_throttles_notices_wait_and_none_is_lost(engine: Engine, drain: Drain, moving_clock: Clock) -> None:
    rows = [new_notice(new_member(), NOON, f"cause-{number}") for number in range(3)]
    with without_waits():
        for _ in range(5):
            with ses_failing("Throttling") as requests:
                dispatch(moving_clock.now)
                assert drain() == []
            assert len(requests) == 3 * 3
            moving_clock.advance(minutes=25)
    assert subjects(engine) == []
    dispatch(moving_clock.now)
    drain()
    assert len(subjects(engine)) == 3
    assert {User.get(row.user_id).email_failures for row in rows} == {0}


def test_a_refused_mail_is_tried_ten_times_in_ten_hours(engine: Engine, drain: Drain, moving_clock: Clock) -> None:
    row = new_notice(new_member(), NOON)
    User(row.user_id).update([User.preferences.set({"quiet": {"start": 0, "end": 0}})])
    tried = []
    for _ in range(14):
        with ses_failing("MessageRejected") as requests:
            for _ in range(2):
                dispatch(moving_clock.now)
                assert drain() == []
                moving_clock.advance(minutes=30)
        tried.append(len(requests))
    assert tried == [1] * 10 + [0] * 4
    ended = _reloaded(row)
    assert not ended.emailed
    assert ended.due_in is None
    assert User.get(row.user_id).email_failures == 1


def test_mail_waits_for_the_end_of_quiet_hours(engine: Engine, drain: Drain, moving_clock: Clock) -> None:
    user = new_member(timezone="America/New_York")
    moving_clock.advance(hours=14)  # 22:00 there
    row = new_notice(user, moving_clock.now)
    dispatch(moving_clock.now)
    drain()
    assert User.get(user.id).unread == 1
    assert subjects(engine) == []
    for _ in range(10 * 2):
        dispatch(moving_clock.advance(minutes=30))
        drain()
        if subjects(engine):
            break
    assert _reloaded(row).sent_at == NOON + timedelta(days=1)  # 8:00 there


def test_a_member_who_moved_is_mailed_after_the_quiet_hours_of_their_new_zone(
    engine: Engine, drain: Drain, moving_clock: Clock
) -> None:
    user = new_member(timezone="America/New_York")
    row = new_notice(user, moving_clock.advance(hours=14))
    dispatch(moving_clock.now)
    drain()
    User(user.id).update([User.timezone.set("Asia/Kathmandu")])  # 17:45 when it is 8:00 in New York
    dispatch(moving_clock.advance(hours=10))
    drain()
    assert _reloaded(row).sent_at == moving_clock.now
    late = new_notice(user, moving_clock.advance(hours=4), "late")
    dispatch(moving_clock.now)
    drain()
    moving_clock.advance(hours=10)
    for _ in range(6):
        dispatch(moving_clock.advance(minutes=20))
        drain()
    assert _reloaded(late).sent_at == NOON + timedelta(days=2, hours=-9)  # 8:45 there: the next full hour in UTC


@pytest.mark.parametrize(
    "columns",
    [
        {"preferences": {"email": {"reminder": False}}},
        {"email_off_at": NOON},
        {"is_active": False},
        {"email_verified": False},
    ],
)
def test_a_member_who_wants_no_mail_has_the_notice_in_the_app_only(
    engine: Engine, drain: Drain, moving_clock: Clock, columns: dict[str, Any]
) -> None:
    user = new_member(**columns)
    row = new_notice(user, NOON)
    dispatch(NOON)
    assert drain() == []
    assert subjects(engine) == []
    assert not _reloaded(row).emailed
    assert _reloaded(row).due_in is None
    assert User.get(user.id).unread == 1


def test_the_digest_is_mailed_by_its_own_preference(engine: Engine, drain: Drain, moving_clock: Clock) -> None:
    wants = new_member(preferences={"email": {"system": False}})
    refuses = new_member(preferences={"email": {"digest": False}})
    for user in (wants, refuses):
        new_notice(user, NOON, "digest/2031-W10", kind=NotificationKind.SYSTEM)
    dispatch(NOON)
    drain()
    assert [mail["To"] for mail in engine.sent_emails()] == [[wants.email]]
    assert "e-mails about your week" in engine.sent_emails()[0]["BodyText"]


@pytest.mark.parametrize(
    ("status", "count"),
    [(RelationshipStatus.ACTIVE, 1), (RelationshipStatus.PAUSED, 0), (RelationshipStatus.ENDED, 0)],
)
def test_the_notice_of_a_relationship_is_mailed_only_while_it_is_active(
    engine: Engine, drain: Drain, moving_clock: Clock, status: RelationshipStatus, count: int
) -> None:
    one, _ = new_couple()
    new_notice(one, NOON, relationship_id=one.relationship_id)
    Relationship(one.relationship_id).update([Relationship.status.set(status)])
    dispatch(NOON)
    drain()
    assert len(subjects(engine)) == count


def test_the_schedule_slept_three_days_and_sends_each_notice_once(
    engine: Engine, drain: Drain, moving_clock: Clock
) -> None:
    dispatch(NOON)
    rows = [new_notice(new_member(), NOON + timedelta(hours=7 * n), f"cause-{n}") for n in range(10)]
    moving_clock.advance(days=3)
    dispatch(moving_clock.now)
    drain()
    assert len(subjects(engine)) == 10
    dispatch(moving_clock.advance(minutes=5))
    drain()
    assert len(subjects(engine)) == 10
    assert {User.get(row.user_id).unread for row in rows} == {1}


def test_two_runs_of_the_schedule_at_once_send_one_mail_each(engine: Engine, drain: Drain, moving_clock: Clock) -> None:
    for number in range(5):
        new_notice(new_member(), NOON, f"cause-{number}")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(dispatch, [NOON, NOON]))
    drain()
    assert len(subjects(engine)) == 5


def test_messages_repeated_and_in_reverse_order_send_one_mail_each(
    engine: Engine, drain: Drain, moving_clock: Clock
) -> None:
    rows = [new_notice(new_member(), NOON, f"cause-{number}") for number in range(4)]
    for row in [*rows, *reversed(rows)]:
        messages.publish(_message(row))
    assert drain() == []
    assert len(subjects(engine)) == 4


def test_an_erased_member_and_a_deleted_notice_get_no_mail(engine: Engine, moving_clock: Clock) -> None:
    erased, deleted = new_notice(new_member(), NOON), new_notice(new_member(), NOON)
    User.get(erased.user_id).delete()
    deleted.delete()
    for row in (erased, deleted):
        send_notice(_message(row))
    assert subjects(engine) == []
    assert list(Notification.query(deleted.user_id)) == []


def test_no_log_line_names_the_member(engine: Engine, moving_clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    user = new_member(email="secret.ann@example.com")
    row = new_notice(user, NOON)
    caplog.set_level("DEBUG", logger="together")
    with without_waits():
        for code in ("Throttling", "MessageRejected"):
            with ses_failing(code):
                send_notice(_message(row))
    assert "notice not mailed: SES refused the e-mail" in caplog.text
    assert "secret.ann" not in caplog.text
