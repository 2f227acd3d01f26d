"""What follows a check-in: awards, the partner's notice, scores; repeated, reversed and killed at each write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from chalicelib.kit import clock, ids
from chalicelib.kit.jobs import ScheduledRun
from chalicelib.kit.locks import Lease
from chalicelib.together.domain import health
from chalicelib.together.domain.day_scores import touched_days
from chalicelib.together.enums import (
    ActivityKind,
    ActivityStatus,
    ConversationKind,
    RelationshipStatus,
    Trend,
)
from chalicelib.together.models import (
    Achievement,
    Conversation,
    Notification,
    Relationship,
    RelationshipScore,
    User,
)
from chalicelib.together.repository import activities
from chalicelib.together.repository.scores import save_score
from chalicelib.together.schemas.checkins import CheckinPut
from chalicelib.together.schemas.messages import CheckinRecorded, ScoreRequested
from chalicelib.together.service import checkins, due_scores, reactions, scores
from infra.bench.round_trips import metered
from tests.discounts.faults import killed_at
from tests.together.days import SCORES, START, MovableClock, set_clock
from tests.together.members import new_couple, new_member
from tests.together.spaces import end, pause

Drain = Callable[[], list[dict[str, Any]]]
TODAY = START.date()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The time of the test: noon of TODAY in UTC."""
    return set_clock(monkeypatch)


def check_in(user: User, day: date, **fields: Any) -> CheckinRecorded:
    """Check in and return the message that follows."""
    present = User.get(user.id)
    checkins.record_checkin(present, day, CheckinPut(**{**SCORES, **fields}))
    return CheckinRecorded(user_id=user.id, relationship_id=present.relationship_id, checkin_date=day)


def notices(user: User) -> list[str]:
    return sorted(row.id.partition("#")[2].partition("/")[0] for row in Notification.query(user.id))


def awards(user: User) -> list[str]:
    rows = Achievement.query(User.get(user.id).relationship_id)
    return sorted(row.achievement.partition("#")[0] for row in rows if row.earned_by in (None, user.id))


def score(user: User, day: date = TODAY) -> RelationshipScore:
    return RelationshipScore.get(User.get(user.id).relationship_id, day, consistent_read=True)


def run_schedule(since_hours: float) -> None:
    due = clock.now()
    last = due - timedelta(hours=since_hours)
    run = ScheduledRun(due, last, Lease("schedule/together-close_days", "holder", 1, None))
    due_scores.request_due_scores(run.due, run.last_completed)


def test_the_partner_gets_one_notice_a_day_without_words(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple()
    for _ in range(2):
        check_in(one, TODAY, highlight="Secret walk")
        time.move(minutes=1)
        assert drain() == []
    [row] = Notification.query(two.id)
    assert "Secret" not in row.title + row.body
    assert (notices(one), User.get(two.id).unread) == (["achievement"], 1)


@pytest.mark.parametrize("case", ["alone", "pause", "before"])
def test_a_check_in_that_is_its_authors_gives_no_notice(drain: Drain, time: MovableClock, case: str) -> None:
    one, two = (new_member(), new_member()) if case == "alone" else new_couple()
    if case == "pause":
        pause(one)
    recorded_at = clock.now() - timedelta(hours=1) if case == "before" else None
    check_in(one, TODAY, recorded_at=recorded_at)
    assert drain() == []
    assert notices(two) == []
    assert list(RelationshipScore.query(one.relationship_id)) == []


def test_streaks_give_awards_once(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple()
    for number in range(7):
        for user in (one, two):
            check_in(user, TODAY + number * DAY)
        assert drain() == []
        time.move(days=1)
    assert awards(one) == ["couple_streak_7", "first_checkin", "personal_streak_7"]
    assert notices(one).count("achievement") == 3
    end(one, two)
    check_in(one, TODAY + 7 * DAY)
    assert drain() == []
    assert awards(one) == []


def test_repeated_and_reversed_messages_change_nothing(time: MovableClock) -> None:
    one, two = new_couple()
    messages = []
    for number in range(3):
        messages += [check_in(user, TODAY + number * DAY) for user in (one, two)]
        time.move(days=1)
    requests = [
        ScoreRequested(relationship_id=one.relationship_id, dates=(TODAY + number * DAY,)) for number in range(3)
    ]
    for each in messages:
        reactions.react_to_checkin(each)
    for request in requests:
        scores.score_days(request)
    before = state(one, two)
    for each in [*reversed(messages), *messages]:
        reactions.react_to_checkin(each)
    for request in [*reversed(requests), *requests]:
        scores.score_days(request)
    assert state(one, two) == before


def state(one: User, two: User) -> list[Any]:
    """Return all rows that follow from check-ins, without the time of the computation."""
    rows: list[Any] = [row.attribute_values for user in (one, two) for row in Notification.query(user.id)]
    rows += [row.attribute_values for row in Achievement.query(one.relationship_id)]
    rows += [
        {name: value for name, value in row.attribute_values.items() if name != "computed_at"}
        for row in RelationshipScore.query(one.relationship_id)
    ]
    return [*rows, User.get(one.id).unread, User.get(two.id).unread, Relationship.get(one.relationship_id).score_due]


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_reaction_that_is_killed_at_any_call_is_completed_by_the_next(
    drain: Drain, time: MovableClock, when: str
) -> None:
    number, was_killed = 1, True
    while was_killed:
        one, two = new_couple()
        check_in(two, TODAY)
        message = check_in(one, TODAY)
        was_killed = killed_at(number, when, partial(reactions.react_to_checkin, message))
        reactions.react_to_checkin(message)
        assert drain() == []
        assert (notices(one), notices(two)) == (["achievement", "checkin"], ["achievement", "checkin"])
        assert (User.get(one.id).unread, User.get(two.id).unread) == (2, 2)
        assert Relationship.get(one.relationship_id).score_due is not None
        assert score(one).method == health.METHOD
        number += 1
    assert number > 5


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_computation_that_is_killed_at_any_call_is_completed_by_the_next(
    drain: Drain, time: MovableClock, when: str
) -> None:
    one, two = new_couple()
    for each in range(3):
        for user in (one, two):
            check_in(user, TODAY + each * DAY)
        drain()
        time.move(days=1)
    number, was_killed = 1, True
    while was_killed:
        Relationship(one.relationship_id).update([Relationship.scored_until.set(TODAY)])
        request = ScoreRequested(relationship_id=one.relationship_id, dates=())
        was_killed = killed_at(number, when, partial(scores.score_days, request))
        scores.score_days(request)
        assert score(one, TODAY + 2 * DAY).health_score is not None
        assert Relationship.get(one.relationship_id).scored_until == TODAY + 2 * DAY
        number += 1
    assert number > 5


def test_a_score_follows_from_what_both_shared(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple()
    relationship_id = one.relationship_id
    for number in range(3):
        check_in(one, TODAY + number * DAY, connection_score=9)
        check_in(two, TODAY + number * DAY, is_private=number == 0)
        time.move(days=1)
    now = clock.now()
    activities.new_activity(
        relationship_id,
        ids.new(),
        one.id,
        {
            "title": "Walk",
            "kind": ActivityKind.ADVENTURE,
            "status": ActivityStatus.COMPLETED,
            "completed_at": now - DAY,
            "created_at": now,
            "updated_at": now,
        },
    ).save()
    for minutes, is_private in ((30, False), (90, True)):
        Conversation(
            relationship_id,
            ids.time_ordered_at(now - DAY),
            initiated_by=one.id,
            kind=ConversationKind.DEEP_TALK,
            duration_minutes=minutes,
            is_private=is_private,
            occurred_at=now - DAY,
            created_at=now,
        ).save()
    day = TODAY + 2 * DAY
    scores.score_days(ScoreRequested(relationship_id=relationship_id, dates=(day,)))
    row = score(one, day)
    expected = health.score([(9, 8, 6)] * 3, [(7, 8, 6)] * 2, 3, 1, 30, 0)
    assert (row.health_score, row.checkin_streak) == (expected, 3)
    assert (row.activities_completed, row.communication_minutes) == (1, 30)
    assert (row.connection_avg, row.satisfaction_avg, row.mood_avg) == (Decimal(8), Decimal(8), Decimal(6))
    assert set(row.components) == set(health.Components._fields)


def test_too_few_shared_check_ins_give_no_number(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple()
    check_in(one, TODAY)
    check_in(two, TODAY)
    assert drain() == []
    row = score(one)
    assert [row.health_score, row.connection_avg, row.components, row.trend] == [None] * 4


def test_a_deleted_check_in_is_scored_again(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple()
    for number in range(2):
        for user in (one, two):
            check_in(user, TODAY + number * DAY)
        assert drain() == []
        time.move(days=1)
    assert score(one, TODAY + DAY).health_score is not None
    checkins.remove_checkin(User.get(one.id), TODAY)
    assert drain() == []
    assert score(one, TODAY + DAY).health_score is None


def test_days_that_end_are_scored_and_the_trend_follows(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple(timezone="Asia/Kathmandu")
    User(two.id).update([User.timezone.set("America/New_York")])
    for number in range(14):
        value = 3 if number < 7 else 9
        for user in (one, two):
            check_in(user, clock.now().date(), connection_score=value, relationship_satisfaction=value)
        assert drain() == []
        time.move(days=1)
        run_schedule(25)
        assert drain() == []
    last = score(one, TODAY + 13 * DAY)
    assert last.trend is Trend.IMPROVING
    assert Relationship.get(one.relationship_id).scored_until == TODAY + 13 * DAY
    for _ in range(10):
        time.move(days=1)
        run_schedule(25)
        assert drain() == []
    stored = Relationship.get(one.relationship_id)
    assert stored.score_due is None
    assert stored.scored_until is not None
    before = list(RelationshipScore.query(one.relationship_id))
    time.move(days=1)
    with metered() as meter:
        run_schedule(25)
    assert (meter.cost.writes, meter.cost.sends) == (0, 0)
    assert len(list(RelationshipScore.query(one.relationship_id))) == len(before)


def test_a_schedule_that_slept_three_days_scores_each_day(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple()
    for user in (one, two):
        check_in(user, TODAY)
    assert drain() == []
    time.move(days=1)
    run_schedule(25)
    assert drain() == []
    time.move(days=3)
    run_schedule(73)
    assert drain() == []
    days = [row.date for row in RelationshipScore.query(one.relationship_id)]
    assert days == [TODAY + number * DAY for number in range(4)]


def test_a_pause_and_an_end_have_no_scores(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple()
    for user in (one, two):
        check_in(user, TODAY)
    assert drain() == []
    pause(one)
    time.move(days=1)
    run_schedule(25)
    assert drain() == []
    assert [row.date for row in RelationshipScore.query(one.relationship_id)] == [TODAY]
    Relationship(one.relationship_id).update([Relationship.status.set(RelationshipStatus.ACTIVE)])
    former = end(one, two)
    time.move(days=1)
    run_schedule(25)
    assert drain() == []
    assert [row.date for row in RelationshipScore.query(former)] == [TODAY]


def test_an_older_computation_never_replaces_a_newer_one(time: MovableClock) -> None:
    one, _ = new_couple()
    newer = RelationshipScore(
        one.relationship_id, TODAY, computed_at=clock.now(), method=1, health_score=Decimal("50.0")
    )
    older = RelationshipScore(one.relationship_id, TODAY, computed_at=clock.now() - DAY, method=1)
    assert save_score(newer)
    assert not save_score(older)
    assert score(one).health_score == Decimal("50.0")


def test_a_touched_date_touches_the_scores_of_two_weeks() -> None:
    assert touched_days([TODAY], TODAY + 30 * DAY) == [TODAY + number * DAY for number in range(14)]
    assert touched_days([TODAY, TODAY + DAY], TODAY + DAY) == [TODAY, TODAY + DAY]
    assert touched_days([TODAY + DAY], TODAY) == []


def test_a_reaction_takes_at_most_16_write_units(drain: Drain, time: MovableClock) -> None:
    one, two = new_couple()
    for number in range(2):
        messages = [check_in(user, TODAY + number * DAY) for user in (one, two)]
        if number == 0:
            assert drain() == []
        time.move(days=1)
    with metered() as meter:
        reactions.react_to_checkin(messages[1])
    assert meter.cost.write_units <= 16
    assert meter.cost.reads <= 8
