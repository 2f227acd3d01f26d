"""Tests of the preferences that decide about e-mails."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.together.domain import preferences
from chalicelib.together.enums import NotificationKind


@pytest.mark.parametrize("stored", [None, {}, {"email": None}, {"email": {"reminder": "no"}}])
def test_missing_and_malformed_choices_have_their_default(stored: Any) -> None:
    assert preferences.is_mailed(stored, NotificationKind.REMINDER)
    assert preferences.is_mailed(stored, preferences.DIGEST)
    assert not preferences.is_mailed(stored, NotificationKind.ACHIEVEMENT)


def test_unsubscribing_stops_one_kind_and_keeps_all_other_preferences() -> None:
    stored = {"hour": 7, "email": {"achievement": True}}
    left = preferences.without_mail(stored, NotificationKind.REMINDER)
    assert left == {"hour": 7, "email": {"achievement": True, "reminder": False}}
    assert not preferences.is_mailed(left, "reminder")
    assert preferences.is_mailed(left, "partner_activity")
    assert stored == {"hour": 7, "email": {"achievement": True}}


@pytest.mark.parametrize(
    ("stored", "hour"), [(None, 9), ({"hour": 0}, 0), ({"hour": 23}, 23), ({"hour": 24}, 9), ({"hour": True}, 9)]
)
def test_reminders_come_at_the_members_hour(stored: Any, hour: int) -> None:
    assert preferences.reminder_hour(stored) == hour


@pytest.mark.parametrize(
    ("stored", "quiet"),
    [(None, (21, 8)), ({"quiet": {"start": 22}}, (22, 8)), ({"quiet": {"start": 0, "end": 0}}, (0, 0)),
     ({"quiet": {"start": -1, "end": "7"}}, (21, 8))],
)  # fmt: skip
def test_quiet_hours(stored: Any, quiet: tuple[int, int]) -> None:
    assert preferences.quiet_hours(stored) == quiet
