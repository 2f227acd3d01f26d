"""Tests of adding notices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.together.domain.notices import Notice, due_keys
from chalicelib.together.enums import NotificationKind
from chalicelib.together.models import Notification, User
from chalicelib.together.service.notifications import add_notice
from tests.together.members import new_member


def _notice(user: User, at: datetime, cause: str = "cause") -> Notice:
    return Notice(user.id, NotificationKind.SYSTEM, cause, "Title", "Body", at)


def test_a_notice_is_unread_and_due(stopped_clock: datetime) -> None:
    user = new_member()
    assert add_notice(_notice(user, stopped_clock))
    [row] = Notification.query(user.id)
    assert row.id.endswith("#cause")
    assert row.due_in in due_keys(stopped_clock)
    assert row.expires_epoch == stopped_clock + timedelta(days=180)
    assert User.get(user.id).unread == 1


def test_a_cause_has_one_notice_however_many_add_it(stopped_clock: datetime) -> None:
    user = new_member()
    notice = _notice(user, stopped_clock)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: add_notice(replace(notice)), range(8)))
    assert sorted(results) == [False] * 7 + [True]
    assert len(list(Notification.query(user.id))) == 1
    assert User.get(user.id).unread == 1


def test_a_notice_of_later_is_not_counted_yet(stopped_clock: datetime) -> None:
    user, later = new_member(), stopped_clock + timedelta(hours=30)
    assert add_notice(_notice(user, later))
    [row] = Notification.query(user.id)
    assert row.due_in in due_keys(later)
    assert User.get(user.id).unread == 0


def test_a_notice_of_an_erased_member_is_not_written(stopped_clock: datetime) -> None:
    user = new_member()
    user.delete()
    assert not add_notice(_notice(user, stopped_clock))
    assert list(Notification.query(user.id)) == []
