"""Tests of important dates through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import clock
from chalicelib.together.models import ImportantDate, Notification, Relationship, User
from tests.together.conftest import As
from tests.together.days import START, MovableClock, set_clock
from tests.together.members import MemberClient, new_couple, new_member
from tests.together.spaces import end, make_premium, outcomes, pause

TODAY = START.date()


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The time of the test: noon of TODAY in UTC."""
    return set_clock(monkeypatch)


def add(client: MemberClient, **fields: Any) -> httpx2.Response:
    body = {"title": "Our day", "date_value": "2020-06-01", "kind": "anniversary", **fields}
    return client.call("POST", "dates", body)


def planned(user: User) -> list[Notification]:
    return list(Notification.query(user.id, consistent_read=True))


def test_a_date_is_joint(acting: As) -> None:
    ada, ben = map(acting, new_couple())
    created = add(ada).json()
    assert (created["next_on"], created["is_mine"], created["version"]) == ("2030-06-01", True, 1)
    path = f"dates/{created['id']}"
    assert ben.call("GET", path).json() == created | {"is_mine": False}
    changed = ben.call("PATCH", path, {"title": "The day"}, If_Match='"1"')
    assert (changed.status_code, changed.json()["title"], changed.json()["version"]) == (200, "The day", 2)
    assert ada.call("PATCH", path, {"title": "Mine"}, If_Match='"1"').status_code == 412
    assert ada.call("DELETE", path, If_Match='"1"').status_code == 412
    assert ada.call("DELETE", path).status_code == 204
    assert ben.call("GET", path).status_code == 404
    assert not Relationship.get(User.get(ada.user_id).relationship_id).date_ids


def test_an_unknown_year_becomes_a_leap_year(acting: As) -> None:
    client = acting(new_member())
    created = add(client, date_value="1996-02-29", year_known=False).json()
    assert (created["date_value"], created["next_on"]) == ("2000-02-29", "2031-02-28")


def test_lists_are_in_the_order_of_the_next_occurrence(acting: As) -> None:
    client = acting(new_member())
    for value, is_recurring in (
        ("2030-01-01", False),
        ("2000-12-24", True),
        ("2030-06-02", False),
        ("1999-05-10", True),
    ):
        add(client, date_value=value, is_recurring=is_recurring)
    first = client.call("GET", "dates?limit=3").json()
    second = client.call("GET", f"dates?limit=3&cursor={first['next_cursor']}").json()
    assert [row["next_on"] for row in first["items"] + second["items"]] == [
        "2030-05-10",
        "2030-06-02",
        "2030-12-24",
        None,
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date_value", "0001-01-01"),
        ("date_value", "9999-12-31"),
        ("date_value", "2030-02-30"),
        ("reminder_days_before", 61),
        ("reminder_days_before", -1),
        ("reminder_days_before", 1.5),
        ("title", ""),
        ("title", "NUL \x00"),
        ("title", "x" * 121),
        ("kind", "unknown"),
        ("extra", 1),
    ],
)
def test_bad_input_names_the_field(acting: As, field: str, value: Any) -> None:
    response = add(acting(new_member()), **{field: value})
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == f"body.{field}"


def test_a_repeated_request_creates_one_date(acting: As) -> None:
    user = new_member()
    body = {"title": "Our day", "date_value": "2020-06-01", "kind": "other"}
    first, second = (acting(user).call("POST", "dates", body, Idempotency_Key="same") for _ in range(2))
    assert first.json() == second.json()
    assert ImportantDate.count(user.relationship_id) == 1
    assert len(planned(user)) == 1


def test_ten_dates_are_free_and_forty_are_premium(acting: As) -> None:
    user = new_member()
    client = acting(user)
    ids = {f"id-{number}" for number in range(9)}
    Relationship(user.relationship_id).update([Relationship.date_ids.set(ids)])
    assert sorted(outcomes(lambda _: add(client).raise_for_status(), 1)) == ["ok"]
    assert (add(client).status_code, add(client).json()["code"]) == (402, "PremiumRequired")
    make_premium(user)
    assert add(client).status_code == 201
    Relationship(user.relationship_id).update([Relationship.date_ids.set({f"id-{number}" for number in range(40)})])
    assert (add(client).status_code, add(client).json()["code"]) == (409, "CapReached")


def test_others_get_404_and_a_pause_or_an_end_409(acting: As) -> None:
    one, two = new_couple()
    ada = acting(one)
    date_id = add(ada).json()["id"]
    stranger = acting(new_member())
    assert stranger.call("GET", f"dates/{date_id}").status_code == 404
    assert stranger.call("PATCH", f"dates/{date_id}", {"title": "x"}, If_Match='"1"').status_code == 404
    assert stranger.call("GET", f"dates?relationship={one.relationship_id}").status_code == 404
    pause(one)
    assert add(ada).json()["code"] == "RelationshipPaused"
    assert ada.call("GET", "dates").status_code == 200
    former = end(one, two)
    [row] = acting(two).call("GET", f"dates?relationship={former}").json()["items"]
    assert (row["id"], row["is_mine"]) == (date_id, False)
    assert acting(two).call("GET", "dates").json()["items"] == []


def test_both_members_are_reminded_at_their_hour(acting: As) -> None:
    one, two = new_couple()
    User(one.id).update([User.timezone.set("America/New_York")])
    User(two.id).update([User.timezone.set("Asia/Tokyo"), User.preferences.set({"hour": 7})])
    add(acting(one))
    assert [clock.iso(row.scheduled_for)[:16] for row in planned(one)] == ["2030-05-25T13:00"]
    assert [clock.iso(row.scheduled_for)[:16] for row in planned(two)] == ["2030-05-24T22:00"]
    assert all("Our day" not in row.title + row.body for row in planned(one) + planned(two))


def test_a_changed_date_gets_a_reminder_of_its_own(acting: As, time: MovableClock) -> None:
    user = new_member()
    client = acting(user)
    path = f"dates/{add(client).json()['id']}"
    client.call("PATCH", path, {"date_value": "2020-07-01"}, If_Match='"1"')
    assert [row.scheduled_for.date() for row in planned(user)] == [
        TODAY + timedelta(days=15),
        TODAY + timedelta(days=45),
    ]
