"""What plans, talks and offers cost as they grow: 10 and 1,000 rows behind a request (docs/costs.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.kit import clock, ids
from chalicelib.kit.pagination import PageRequest
from chalicelib.together.enums import (
    ActivityKind,
    ActivityStatus,
    BookingStatus,
    ConversationKind,
    GoalStatus,
    IdeaKind,
    IdeaStatus,
)
from chalicelib.together.models import Activity, Booking, Conversation, Idea, SharedGoal, User
from chalicelib.together.repository import activities as activity_rows
from chalicelib.together.repository import goals as goal_rows
from chalicelib.together.schemas.activities import ActivityCreate, ActivityQuery
from chalicelib.together.schemas.conversations import ConversationCreate
from chalicelib.together.schemas.goals import GoalCreate, GoalProgress, GoalQuery
from chalicelib.together.service import activities, bookings, conversations, goals, ideas
from chalicelib.together.service.idea_recovery import requeue_pending_ideas
from infra.bench.round_trips import Cost, metered
from tests.together.members import new_couple, new_member

PAGE = PageRequest(limit=5)


def measure(act: Callable[[], object]) -> Cost:
    with metered() as meter:
        act()
    return meter.cost


def store_goals(user: User, count: int) -> None:
    now = clock.now()
    with SharedGoal.batch_write() as batch:
        for _ in range(count):
            columns = {"title": "G", "created_at": now, "updated_at": now}
            row = goal_rows.new_goal(str(user.relationship_id), ids.new(), user.id, columns)
            batch.save(goal_rows.goal_with_columns(row, {"status": GoalStatus.COMPLETED}))


@pytest.mark.parametrize("count", [10, 1_000])
def test_goals_cost_the_same_behind_a_thousand(count: int) -> None:
    user = new_member()
    store_goals(user, count)
    goal = goals.add_goal(user, GoalCreate(title="G", target_count=9), None)
    query = GoalQuery(status=GoalStatus.ACTIVE)
    assert measure(lambda: goals.list_goals(user, GoalQuery(), PAGE)) == Cost(reads=2)
    assert measure(lambda: goals.list_goals(user, query, PAGE)) == Cost(reads=3)
    added = measure(lambda: goals.add_goal(user, GoalCreate(title="G"), None))
    assert added == Cost(reads=1, writes=1, write_units=5)
    progress = measure(lambda: goals.add_progress(user, goal.id, GoalProgress(delta=1), None))
    assert progress == Cost(reads=1, writes=1, write_units=4)


@pytest.mark.parametrize("count", [10, 1_000])
def test_activities_cost_the_same_behind_a_thousand(count: int) -> None:
    user = new_member()
    now = clock.now()
    with Activity.batch_write() as batch:
        for number in range(count):
            columns = {"title": "A", "kind": ActivityKind.OTHER, "created_at": now, "updated_at": now}
            columns |= {"status": ActivityStatus.COMPLETED, "completed_at": now - timedelta(days=number)}
            batch.save(activity_rows.new_activity(str(user.relationship_id), ids.new(), user.id, columns))
    assert measure(lambda: activities.list_activities(user, ActivityQuery(), PAGE)) == Cost(reads=3)
    body = ActivityCreate(title="A", kind=ActivityKind.OTHER)
    activities.add_activity(user, body, None)  # the first event of the process registers the site at analytics
    added = measure(lambda: activities.add_activity(user, body, None))
    assert (added.reads, added.writes, added.sends) == (1, 1, 1)


@pytest.mark.parametrize(("count", "reads"), [(10, 2), (1_000, 2)])
def test_talks_cost_the_same_behind_a_thousand(count: int, reads: int) -> None:
    one, two = new_couple()
    now = clock.now()
    with Conversation.batch_write() as batch:
        for number in range(count):
            row = Conversation(one.relationship_id, ids.time_ordered_at(now - timedelta(minutes=number)))
            row.initiated_by, row.kind = one.id, ConversationKind.OTHER
            row.occurred_at = row.created_at = now
            row.is_private = False
            batch.save(row)
    assert measure(lambda: conversations.list_conversations(two, None, PAGE)).reads == reads
    body = ConversationCreate(kind=ConversationKind.OTHER)
    conversations.add_conversation(one, body, None)
    added = measure(lambda: conversations.add_conversation(one, body, None))
    assert (added.reads, added.writes) == (2, 1)


@pytest.mark.parametrize("count", [10, 1_000])
def test_lists_of_bookings_and_ideas_cost_the_same_behind_a_thousand(count: int) -> None:
    user, now = new_member(), clock.now()
    with Booking.batch_write() as batch:
        for number in range(count):
            moment = now - timedelta(minutes=number)
            row = Booking(ids.new(), partner_id="p", user_id=user.id, status=BookingStatus.CLICKED)
            row.created_at = row.updated_at = moment
            batch.save(row)
    with Idea.batch_write() as batch:
        for _ in range(count):
            idea = Idea(user.id, ids.time_ordered(), kind=IdeaKind.DATE_IDEA, asked={}, status=IdeaStatus.COMPLETED)
            idea.credits, idea.created_at, idea.expires_epoch = 1, now, now + Idea.KEEP
            batch.save(idea)
    assert measure(lambda: bookings.list_bookings(user, PAGE)) == Cost(reads=3)
    assert measure(lambda: ideas.list_ideas(user, PAGE)) == Cost(reads=1)
    assert measure(lambda: requeue_pending_ideas(now + timedelta(hours=1))) == Cost(reads=1)
