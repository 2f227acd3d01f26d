"""Tests of the digest of a week: once to each member of a couple with premium."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.together.models import DailyCheckin, Notification, User
from chalicelib.together.schemas.messages import ScoreRequested
from chalicelib.together.service.scores import score_days
from infra.local.engine import Engine
from tests.together.days import set_clock
from tests.together.mailing import dispatch, subjects
from tests.together.members import new_couple
from tests.together.spaces import make_premium, pause

MONDAY = datetime(2030, 5, 13, 3, tzinfo=UTC)
SUNDAY = MONDAY.date() - timedelta(days=1)


def _check_in(user: User, days_ago: int) -> None:
    at = MONDAY - timedelta(days=days_ago)
    DailyCheckin(
        user.relationship_id,
        f"{at.date()}#{user.id}",
        user_id=user.id,
        checkin_date=at.date(),
        connection_score=7,
        mood_score=7,
        relationship_satisfaction=7,
        gratitude_note="typed by the member",
        timezone="UTC",
        recorded_at=at,
        created_at=at,
        updated_at=at,
    ).save()


def _digests(user: User) -> list[Notification]:
    return [row for row in Notification.query(user.id) if "#digest/" in row.id]


@pytest.fixture
def couple(monkeypatch: pytest.MonkeyPatch) -> tuple[User, User]:
    """A couple with premium that checked in for some days of the week before a Monday, which it is now."""
    set_clock(monkeypatch, MONDAY - timedelta(days=30))
    one, two = new_couple()
    set_clock(monkeypatch, MONDAY)
    make_premium(one)
    for days_ago in (1, 2, 3):
        _check_in(one, days_ago)
    for days_ago in (2, 3, 4, 5):
        _check_in(two, days_ago)
    return one, two


def _close(user: User) -> None:
    score_days(ScoreRequested(relationship_id=str(user.relationship_id), dates=()))


def test_each_member_gets_the_weeks_digest_once(couple: tuple[User, User]) -> None:
    for _ in range(2):
        _close(couple[0])
    rows = [_digests(user) for user in couple]
    assert [len(each) for each in rows] == [1, 1]
    assert rows[0][0].body.startswith("You checked in on 3 days, both of you on 2 days.")
    assert rows[1][0].body.startswith("You checked in on 4 days, both of you on 2 days.")
    assert rows[0][0].subject_id == "2030-W19"
    assert rows[0][0].scheduled_for == MONDAY.replace(hour=9)
    assert "typed" not in rows[0][0].body + rows[1][0].body


def test_the_digest_is_mailed_at_the_members_hour(
    couple: tuple[User, User], engine: Engine, drain: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _close(couple[0])
    dispatch(clock.now())
    drain()
    assert subjects(engine) == []
    set_clock(monkeypatch, MONDAY.replace(hour=9))
    dispatch(clock.now())
    drain()
    assert subjects(engine) == ["Your week in Together"] * 2


def test_a_couple_without_premium_gets_none(couple: tuple[User, User]) -> None:
    make_premium(couple[0], MONDAY)
    _close(couple[0])
    assert _digests(couple[0]) == []


def test_a_paused_couple_gets_none(couple: tuple[User, User]) -> None:
    pause(couple[0])
    _close(couple[0])
    assert _digests(couple[0]) == []
