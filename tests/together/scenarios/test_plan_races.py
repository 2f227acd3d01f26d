"""Concurrent writes of plans: caps, progress, steps, ratings, the end of a relationship, in threads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.kit import clock
from chalicelib.together.domain.caps import CAPS, OpenRows
from chalicelib.together.enums import ActivityKind, ActivityStatus, ChallengeStatus
from chalicelib.together.models import Activity, Challenge, Notification, Relationship, SharedGoal, User
from chalicelib.together.schemas.activities import ActivityCreate, ActivityUpdate
from chalicelib.together.schemas.challenges import ChallengeCreate, ChallengeStep
from chalicelib.together.schemas.goals import GoalCreate, GoalProgress
from chalicelib.together.service import activities, challenges, goals
from tests.together.members import new_couple
from tests.together.spaces import end, make_premium, outcomes


def add_goal(user: User) -> object:
    return goals.add_goal(user, GoalCreate(title="G", target_count=3), None)


def add_activity(user: User) -> object:
    return activities.add_activity(user, ActivityCreate(title="A", kind=ActivityKind.OTHER), None)


def add_challenge(user: User) -> object:
    return challenges.add_challenge(user, ChallengeCreate(template="morning_question"), None)


@pytest.mark.parametrize("premium", [False, True])
@pytest.mark.parametrize(
    ("kind", "add"),
    [
        (OpenRows.GOALS, add_goal),
        (OpenRows.ACTIVITIES, add_activity),
        (OpenRows.CHALLENGES, add_challenge),
    ],
)
def test_both_members_never_exceed_a_cap(kind: OpenRows, add: Callable[[User], object], premium: bool) -> None:
    couple = new_couple()
    if premium:
        make_premium(couple[0])
    cap = CAPS[kind].premium if premium else CAPS[kind].free
    for _ in range(cap - 1):
        add(couple[0])
    results = outcomes(lambda number: add(couple[number % 2]), 6)
    assert results.count("ok") == 1
    assert set(results) <= {"ok", "CapReached" if cap == CAPS[kind].premium else "PremiumRequired", "Unavailable"}
    assert len(getattr(Relationship.get(couple[0].relationship_id), kind.value)) == cap


def test_progress_of_both_counts_and_completes_once() -> None:
    couple = new_couple()
    goal = goals.add_goal(couple[0], GoalCreate(title="G", target_count=6), None)
    results = outcomes(lambda number: goals.add_progress(couple[number % 2], goal.id, GoalProgress(delta=1), None), 6)
    row = SharedGoal.get(couple[0].relationship_id, goal.id)
    assert row.current_progress == results.count("ok") == 6
    assert row.completed_at is not None
    assert [len(list(Notification.query(user.id))) for user in couple] == [1, 1]


def test_both_take_the_step_of_a_date_once() -> None:
    couple = new_couple()
    challenge = challenges.add_challenge(couple[0], ChallengeCreate(template="morning_question"), None)
    step = ChallengeStep(date=challenge.started_at.date())
    results = outcomes(lambda number: challenges.take_step(couple[number % 2], challenge.id, step, None), 6)
    assert results == ["ok"] * 6
    row = Challenge.get(couple[0].relationship_id, challenge.id)
    assert (row.progress, row.done_days) == (1, [step.date.isoformat()])


def test_ratings_of_one_version_are_not_lost() -> None:
    couple = new_couple()
    activity = activities.add_activity(couple[0], ActivityCreate(title="A", kind=ActivityKind.OTHER), None)
    done = activities.change_activity(
        couple[0], activity.id, ActivityUpdate(status=ActivityStatus.COMPLETED), str(activity.version)
    )
    rating = ActivityUpdate(satisfaction=8)
    results = outcomes(
        lambda number: activities.change_activity(couple[number], activity.id, rating, str(done.version)), 2
    )
    assert results == ["VersionMismatch", "ok"]
    row = Activity.get(couple[0].relationship_id, activity.id)
    assert sorted([row.satisfaction_user_1 or 0, row.satisfaction_user_2 or 0]) == [0, 8]


def test_nothing_is_written_after_the_end() -> None:
    one, two = new_couple()
    goal = goals.add_goal(one, GoalCreate(title="G", target_count=1_000), None)
    former = end(one, two)
    ended_at = Relationship.get(former).ended_at
    assert ended_at is not None
    results = outcomes(lambda _: goals.add_progress(one, goal.id, GoalProgress(delta=1), None), 4)
    assert set(results) == {"RelationshipEnded"}
    assert SharedGoal.get(former, goal.id).updated_at <= ended_at


def test_members_who_start_a_challenge_at_once_expire_the_old_one_once() -> None:
    couple = new_couple()
    old = challenges.add_challenge(couple[0], ChallengeCreate(template="morning_question"), None)
    past = clock.now() - timedelta(days=30)
    Challenge.get(couple[0].relationship_id, old.id).update([Challenge.ends_at.set(past)])
    results = outcomes(lambda number: add_challenge(couple[number % 2]), 4)
    assert results.count("ok") == 1
    assert Challenge.get(couple[0].relationship_id, old.id).status is ChallengeStatus.EXPIRED
    assert len(Relationship.get(couple[0].relationship_id).challenge_ids or ()) == 1
