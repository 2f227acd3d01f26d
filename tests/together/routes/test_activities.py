"""Activities over HTTP: plan, complete, rate, and what each of the two sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.together.models import Achievement, Activity, Relationship
from tests.together.conftest import As
from tests.together.members import MemberClient, new_couple, new_member
from tests.together.spaces import end, make_premium, pause

Json = dict[str, Any]


def add(client: MemberClient, **fields: Any) -> Json:
    response = client.call("POST", "activities", {"title": "Dinner", "kind": "date_night", **fields})
    assert response.status_code == 201, response.text
    return dict(response.json())


def patch(client: MemberClient, activity: Json, **fields: Any) -> Any:
    return client.call("PATCH", f"activities/{activity['id']}", fields, If_Match=f'"{activity["version"]}"')


def test_both_rate_a_completed_activity_in_their_own_column(acting: As) -> None:
    one, two = new_couple()
    planned = add(acting(two), planned_at="2028-05-01T19:00:00+02:00", cost="42.50", currency="EUR")
    assert (planned["planned_at"], planned["cost"]) == ("2028-05-01T17:00:00.000000Z", "42.50")
    assert patch(acting(one), planned, satisfaction=9).json()["code"] == "ActivityNotCompleted"
    completed = patch(acting(one), planned, status="completed", satisfaction=9).json()
    assert (completed["my_satisfaction"], completed["partner_satisfaction"]) == (9, None)
    rated = patch(acting(two), completed, satisfaction=4).json()
    assert (rated["my_satisfaction"], rated["partner_satisfaction"]) == (4, 9)
    row = Activity.get(one.relationship_id, planned["id"])
    assert (row.satisfaction_user_1, row.satisfaction_user_2) == (9, 4)
    assert [award.achievement for award in Achievement.query(one.relationship_id)] == ["first_activity"]


def test_after_the_end_each_sees_the_activity_without_the_others_rating(acting: As) -> None:
    one, two = new_couple()
    activity = patch(acting(one), add(acting(one)), status="completed", satisfaction=9).json()
    patch(acting(two), activity, satisfaction=4)
    former = end(one, two)
    for user, mine in ((one, 9), (two, 4)):
        [item] = acting(user).call("GET", f"activities?relationship={former}").json()["items"]
        single = acting(user).call("GET", f"activities/{activity['id']}?relationship={former}").json()
        for shown in (item, single):
            assert (shown["my_satisfaction"], shown["partner_satisfaction"]) == (mine, None)
        assert patch(acting(user), activity, title="B").status_code == 404


def test_twenty_can_be_planned_with_and_without_premium(acting: As) -> None:
    user = new_member()
    client = acting(user)
    planned = [add(client) for _ in range(20)]
    assert client.call("POST", "activities", {"title": "A", "kind": "other"}).json()["code"] == "CapReached"
    make_premium(user)
    assert client.call("POST", "activities", {"title": "A", "kind": "other"}).json()["code"] == "CapReached"
    cancelled = patch(client, planned[0], status="cancelled").json()
    add(client)
    assert patch(client, cancelled, status="planned").json()["code"] == "CapReached"
    patch(client, planned[1], status="completed")
    assert patch(client, cancelled, status="planned").status_code == 200
    assert len(Relationship.get(user.relationship_id).activity_ids) == 20


def test_a_completed_activity_stays_completed_at_its_time(acting: As) -> None:
    client = acting(new_member())
    yesterday = clock.iso(clock.now() - timedelta(days=1))
    completed = patch(client, add(client), status="completed", completed_at=yesterday).json()
    assert completed["completed_at"] == yesterday
    assert patch(client, completed, status="planned").json()["code"] == "ActivityCompleted"
    assert patch(client, completed, title="Lunch").json()["completed_at"] == yesterday


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"satisfaction": 0}, "body.satisfaction"),
        ({"satisfaction": 11}, "body.satisfaction"),
        ({"satisfaction": 7.5}, "body.satisfaction"),
        ({"planned_at": "0001-01-01T00:00:00Z"}, "body.planned_at"),
        ({"planned_at": "9999-12-31T23:59:59Z"}, "body.planned_at"),
        ({"planned_at": "2028-05-01T19:00:00"}, "body.planned_at"),
        ({"status": "completed", "completed_at": "2199-01-01T00:00:00Z"}, "body.completed_at"),
        ({"completed_at": "2020-01-01T00:00:00Z"}, "body.completed_at"),
        ({"cost": "1.00"}, "body.currency"),
        ({"cost": "-1"}, "body.cost"),
        ({"currency": "euro"}, "body.currency"),
        ({"title": None}, "body.title"),
    ],
)
def test_an_invalid_change_names_its_field(acting: As, fields: Json, path: str) -> None:
    client = acting(new_member())
    response = patch(client, add(client), **fields)
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, path)


def test_lists_are_in_date_order_and_filter_by_status(acting: As) -> None:
    client = acting(new_member())
    for day in ("2028-05-03", "2028-05-01", "2028-05-02"):
        add(client, title=day, planned_at=f"{day}T10:00:00Z")
    undated = add(client, title="undated")
    patch(client, undated, status="cancelled")
    first = client.call("GET", "activities?limit=2").json()
    rest = client.call("GET", f"activities?limit=2&cursor={first['next_cursor']}").json()
    titles = [item["title"] for item in first["items"] + rest["items"]]
    assert titles == ["2028-05-03", "2028-05-02", "2028-05-01", "undated"]
    assert [item["title"] for item in client.call("GET", "activities?status=cancelled").json()["items"]] == ["undated"]


def test_a_paused_relationship_is_read_only_and_strangers_find_nothing(acting: As) -> None:
    one, _ = new_couple()
    activity = add(acting(one))
    stranger = acting(new_member())
    assert stranger.call("GET", f"activities/{activity['id']}").status_code == 404
    assert patch(stranger, activity, title="B").status_code == 404
    assert stranger.call("DELETE", f"activities/{activity['id']}", If_Match='"1"').status_code == 404
    pause(one)
    assert patch(acting(one), activity, title="B").json()["code"] == "RelationshipPaused"
    assert acting(one).call("POST", "activities", {"title": "A", "kind": "other"}).status_code == 409
    assert acting(one).call("DELETE", f"activities/{activity['id']}", If_Match='"1"').status_code == 409


def test_a_deleted_activity_makes_room(acting: As) -> None:
    user = new_member()
    activity = add(acting(user))
    assert acting(user).call("DELETE", f"activities/{activity['id']}", If_Match='"1"').status_code == 204
    assert Relationship.get(user.relationship_id).activity_ids is None
    assert acting(user).call("GET", f"activities/{activity['id']}").json()["code"] == "ActivityNotFound"
