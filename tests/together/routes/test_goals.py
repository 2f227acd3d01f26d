"""Goals over HTTP: caps, versions, progress, and who may read and write them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.together.models import Achievement, Notification, Relationship, SharedGoal, User
from tests.together.conftest import As
from tests.together.members import MemberClient, new_couple, new_member
from tests.together.spaces import end, make_premium, pause

Json = dict[str, Any]


def add(client: MemberClient, **fields: Any) -> Json:
    response = client.call("POST", "goals", {"title": "Walk together", **fields})
    assert response.status_code == 201, response.text
    return dict(response.json())


def patch(client: MemberClient, goal: Json, **fields: Any) -> Any:
    return client.call("PATCH", f"goals/{goal['id']}", fields, If_Match=f'"{goal["version"]}"')


def progress(client: MemberClient, goal: Json, delta: int, **headers: str) -> Any:
    return client.call("POST", f"goals/{goal['id']}/progress", {"delta": delta}, **headers)


def test_both_members_share_a_goal_and_complete_it_once(acting: As) -> None:
    one, two = new_couple()
    goal = add(acting(one), target_count=3, category="health", target_date="2028-02-29")
    assert (goal["is_mine"], goal["status"], goal["current_progress"]) == (True, "active", 0)
    assert progress(acting(one), goal, 1).json()["current_progress"] == 1
    completed = progress(acting(two), goal, 5).json()
    assert (completed["current_progress"], completed["status"], completed["is_mine"]) == (3, "completed", False)
    repeated = progress(acting(one), goal, 1).json()
    assert (repeated["current_progress"], repeated["completed_at"]) == (3, completed["completed_at"])
    assert progress(acting(one), goal, -1).json()["code"] == "GoalCompleted"
    assert Relationship.get(one.relationship_id).goal_ids is None
    assert [row.achievement for row in Achievement.query(one.relationship_id)] == ["first_goal"]
    assert [len(list(Notification.query(user.id))) for user in (one, two)] == [1, 1]


def test_progress_is_clamped_to_zero_and_the_target(acting: As) -> None:
    client = acting(new_member())
    goal = add(client, target_count=5)
    assert progress(client, goal, -3).json()["current_progress"] == 0
    assert progress(client, goal, 4).json()["current_progress"] == 4
    assert progress(client, goal, -1).json()["current_progress"] == 3


def test_progress_with_the_same_idempotency_key_counts_once(acting: As) -> None:
    client = acting(new_member())
    goal = add(client, target_count=5)
    answers = [progress(client, goal, 2, Idempotency_Key="k1").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert client.call("GET", f"goals/{goal['id']}").json()["current_progress"] == 2


def test_a_goal_without_a_target_is_completed_by_its_status(acting: As) -> None:
    client = acting(new_member())
    goal = add(client)
    assert progress(client, goal, 1).json()["code"] == "GoalWithoutTarget"
    completed = patch(client, goal, status="completed").json()
    assert completed["completed_at"] is not None
    assert patch(client, completed, status="active").json()["code"] == "GoalCompleted"


def test_a_paused_goal_takes_no_progress(acting: As) -> None:
    client = acting(new_member())
    goal = add(client, target_count=2)
    paused = patch(client, goal, status="paused").json()
    assert progress(client, goal, 1).json()["code"] == "GoalNotActive"
    assert patch(client, paused, status="active").json()["status"] == "active"


def test_a_lower_target_completes_the_goal(acting: As) -> None:
    client = acting(new_member())
    goal = progress(client, add(client, target_count=9), 4).json()
    changed = patch(client, goal, target_count=3).json()
    assert (changed["status"], changed["current_progress"]) == ("completed", 3)


def test_over_the_free_cap_premium_is_required_and_over_the_other_nothing_helps(acting: As) -> None:
    user = new_member()
    client = acting(user)
    goals = [add(client) for _ in range(3)]
    refused = client.call("POST", "goals", {"title": "Fourth"})
    assert (refused.status_code, refused.json()["code"]) == (402, "PremiumRequired")
    make_premium(user)
    for _ in range(17):
        add(client)
    refused = client.call("POST", "goals", {"title": "Twenty-first"})
    assert (refused.status_code, refused.json()["code"]) == (409, "CapReached")
    patch(client, goals[0], status="cancelled")
    add(client)


def test_what_is_open_stays_once_premium_is_over(acting: As) -> None:
    user = new_member()
    client = acting(user)
    make_premium(user)
    goals = [add(client, target_count=4) for _ in range(5)]
    make_premium(user, clock.now() - timedelta(days=1))
    assert progress(client, goals[4], 1).status_code == 200
    assert client.call("POST", "goals", {"title": "More"}).status_code == 402


def test_a_cancelled_goal_is_resumed_only_within_the_cap(acting: As) -> None:
    client = acting(new_member())
    cancelled = patch(client, add(client), status="cancelled").json()
    for _ in range(3):
        add(client)
    assert patch(client, cancelled, status="active").status_code == 402


def test_a_change_names_its_version(acting: As) -> None:
    one, two = new_couple()
    goal = add(acting(one))
    assert acting(one).call("PATCH", f"goals/{goal['id']}", {"title": "A"}).status_code == 428
    assert patch(acting(one), goal, title="B").json()["title"] == "B"
    assert patch(acting(two), goal, title="C").json()["code"] == "VersionMismatch"
    assert acting(two).call("DELETE", f"goals/{goal['id']}", If_Match='"1"').json()["code"] == "VersionMismatch"
    assert acting(two).call("DELETE", f"goals/{goal['id']}", If_Match='"2"').status_code == 204
    assert acting(one).call("GET", f"goals/{goal['id']}").json()["code"] == "GoalNotFound"
    assert Relationship.get(one.relationship_id).goal_ids is None


def test_a_change_without_a_difference_writes_nothing(acting: As) -> None:
    client = acting(new_member())
    goal = add(client)
    assert patch(client, goal, title=goal["title"]).json() == goal


def test_lists_have_pages_and_filter_by_status(acting: As) -> None:
    client = acting(new_member())
    goals = [add(client, title=f"Goal {number}") for number in range(3)]
    patch(client, goals[0], status="cancelled")
    first = client.call("GET", "goals?limit=2").json()
    assert [item["title"] for item in first["items"]] == ["Goal 2", "Goal 1"]
    rest = client.call("GET", f"goals?limit=2&cursor={first['next_cursor']}").json()
    assert [item["title"] for item in rest["items"]] == ["Goal 0"]
    assert [item["title"] for item in client.call("GET", "goals?status=cancelled").json()["items"]] == ["Goal 0"]
    stranger = acting(new_member())
    assert stranger.call("GET", f"goals?limit=2&cursor={first['next_cursor']}").status_code == 422


def test_a_paused_relationship_is_read_only(acting: As) -> None:
    one, _ = new_couple()
    goal = add(acting(one), target_count=2)
    pause(one)
    assert acting(one).call("POST", "goals", {"title": "New"}).json()["code"] == "RelationshipPaused"
    assert progress(acting(one), goal, 1).json()["code"] == "RelationshipPaused"
    assert patch(acting(one), goal, title="B").json()["code"] == "RelationshipPaused"
    assert acting(one).call("GET", f"goals/{goal['id']}").status_code == 200


def test_both_read_the_goals_of_an_ended_relationship_and_change_nothing(acting: As) -> None:
    one, two = new_couple()
    goal = add(acting(one), target_count=2)
    former = end(one, two)
    for user, is_mine in ((one, True), (two, False)):
        client = acting(user)
        assert client.call("GET", "goals").json()["items"] == []
        [item] = client.call("GET", f"goals?relationship={former}").json()["items"]
        assert (item["id"], item["is_mine"]) == (goal["id"], is_mine)
        assert client.call("GET", f"goals/{goal['id']}?relationship={former}").status_code == 200
        assert progress(client, goal, 1).status_code == 404
        assert patch(client, goal, title="B").status_code == 404


def test_strangers_find_nothing(acting: As) -> None:
    one, _ = new_couple()
    goal = add(acting(one), target_count=2)
    stranger = acting(new_couple()[0])
    assert stranger.call("GET", f"goals/{goal['id']}").status_code == 404
    assert stranger.call("GET", f"goals?relationship={one.relationship_id}").status_code == 404
    assert stranger.call("GET", f"goals/{goal['id']}?relationship={one.relationship_id}").status_code == 404
    assert progress(stranger, goal, 1).status_code == 404
    assert patch(stranger, goal, title="B").status_code == 404
    assert stranger.call("DELETE", f"goals/{goal['id']}", If_Match='"1"').status_code == 404
    assert SharedGoal.get(one.relationship_id, goal["id"]).version == 1


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"title": "a\x00b"}, "body.title"),
        ({"title": ""}, "body.title"),
        ({"title": "x" * 121}, "body.title"),
        ({"target_count": 0}, "body.target_count"),
        ({"target_count": 7.5}, "body.target_count"),
        ({"target_date": "0001-01-01"}, "body.target_date"),
        ({"target_date": "9999-12-31"}, "body.target_date"),
        ({"unknown": 1}, "body.unknown"),
    ],
)
def test_invalid_fields_are_named(acting: As, fields: Json, path: str) -> None:
    response = acting(new_member()).call("POST", "goals", {"title": "Title", **fields})
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, path)


def test_emoji_and_right_to_left_text_are_kept(acting: As) -> None:
    title = "🏃‍♀️ \u202bשלום\u202c"
    assert add(acting(new_member()), title=title)["title"] == title


def test_a_member_who_left_in_another_request_writes_nothing(acting: As) -> None:
    one, two = new_couple()
    goal = add(acting(one), target_count=2)
    stale = User.get(one.id)
    end(one, two)
    User(one.id).update([User.relationship_id.set(stale.relationship_id)])
    assert progress(acting(one), goal, 1).json()["code"] == "RelationshipEnded"
