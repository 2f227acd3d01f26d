"""Tests of check-ins through the API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import signing
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import DailyCheckin, Relationship, User
from tests.together.conftest import As
from tests.together.days import SCORES, START, MovableClock, checkin, set_clock
from tests.together.members import MemberClient, new_couple, new_member
from tests.together.pairs import accept_status, invite
from tests.together.spaces import end, pause

TODAY = START.date()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The time of the test: noon of TODAY in UTC."""
    return set_clock(monkeypatch)


def put(client: MemberClient, day: date = TODAY, **fields: Any) -> httpx2.Response:
    return client.call("PUT", f"checkins/{day}", checkin(**fields))


def listed(client: MemberClient, **query: Any) -> list[dict[str, Any]]:
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    response = client.call("GET", f"checkins?{parameters}")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def test_a_check_in_returns_what_stands_and_the_streaks(acting: As) -> None:
    ada, ben = map(acting, new_couple())
    first = put(ada, gratitude_note="Tea 🍵").json()
    assert first["checkin"] | SCORES == first["checkin"]
    assert first["checkin"]["gratitude_note"] == "Tea 🍵"
    assert first["streak"] == {
        "mine": {"current": 1, "longest": 1, "last": str(TODAY)},
        "couple": {"current": 0, "longest": 0, "last": None},
    }
    assert put(ben).json()["streak"]["couple"] == {"current": 1, "longest": 1, "last": str(TODAY)}


def test_a_member_alone_has_no_couple_streak(acting: As) -> None:
    response = put(acting(new_member()))
    assert response.json()["streak"]["couple"] is None


@pytest.mark.parametrize(("days_back", "status"), [(-1, 422), (0, 200), (1, 200), (2, 200), (3, 422)])
def test_a_check_in_is_for_today_or_the_two_days_before(acting: As, days_back: int, status: int) -> None:
    response = put(acting(new_member()), TODAY - days_back * DAY)
    assert response.status_code == status
    if status == 422:
        assert response.json()["errors"][0]["path"] == "path.date"


@pytest.mark.parametrize(("days_back", "status"), [(3, 200), (7, 200), (8, 422)])
def test_an_offline_check_in_may_be_seven_days_late(acting: As, days_back: int, status: int) -> None:
    recorded_at = (START - timedelta(days=days_back)).isoformat()
    assert put(acting(new_member()), TODAY - days_back * DAY, recorded_at=recorded_at).status_code == status


def test_a_late_check_in_was_recorded_on_its_date(acting: As) -> None:
    recorded_at = (START - timedelta(days=4)).isoformat()
    assert put(acting(new_member()), TODAY - 5 * DAY, recorded_at=recorded_at).status_code == 422


def test_the_date_is_of_the_zone_of_the_check_in(acting: As) -> None:
    client = acting(new_member(timezone="Pacific/Pago_Pago"))
    assert put(client, TODAY + DAY).status_code == 422
    assert put(client, TODAY + DAY, timezone="Pacific/Kiritimati").status_code == 200
    [row] = listed(client)
    assert row["timezone"] == "Pacific/Kiritimati"


def test_the_later_recording_stands(acting: As, time: MovableClock) -> None:
    client, early = acting(new_member()), (START - timedelta(hours=2)).isoformat()
    put(client, connection_score=9)
    response = put(client, connection_score=2, recorded_at=early)
    assert response.status_code == 200
    assert response.json()["checkin"]["connection_score"] == 9
    assert put(client, connection_score=3, recorded_at=START.isoformat()).json()["checkin"]["connection_score"] == 3
    time.move(hours=1)
    assert put(client, connection_score=4).json()["checkin"]["connection_score"] == 4
    [row] = listed(client)
    assert row["connection_score"] == 4


def test_a_phone_that_is_a_year_ahead_does_not_block_later_edits(acting: As, time: MovableClock) -> None:
    client = acting(new_member())
    assert put(client, recorded_at=(START + timedelta(days=365)).isoformat()).status_code == 200
    time.move(minutes=1)
    assert put(client, connection_score=1).json()["checkin"]["connection_score"] == 1


def test_a_phone_that_is_a_year_behind_loses_nothing(acting: As) -> None:
    client, behind = acting(new_member()), (START - timedelta(days=365)).isoformat()
    assert put(client, recorded_at=behind, highlight="Sun").json()["checkin"]["highlight"] == "Sun"
    assert put(client, recorded_at=behind, highlight="Rain").json()["checkin"]["highlight"] == "Rain"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("connection_score", 0),
        ("mood_score", 11),
        ("relationship_satisfaction", 7.5),
        ("relationship_satisfaction", "7"),
        ("gratitude_note", "x" * 1_001),
        ("support_needed", "NUL \x00"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../UTC"),
        ("recorded_at", "2030-05-10T12:00:00"),
        ("recorded_at", "0001-01-01T00:00:00+14:00"),
        ("recorded_at", "0001-01-01T00:00:00Z"),
        ("recorded_at", "9999-12-31T23:59:59Z"),
        ("unknown", 1),
    ],
)
def test_bad_input_names_the_field(acting: As, field: str, value: Any) -> None:
    response = put(acting(new_member()), **{field: value})
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == f"body.{field}"


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "20300510", "2030-02-30", "today", "2030-W19-5"])
def test_a_bad_date_is_named(acting: As, text: str) -> None:
    response = acting(new_member()).call("PUT", f"checkins/{text}", checkin())
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == "path.date"


@pytest.mark.parametrize(("name", "value"), [("from", "0001-01-01"), ("to", "9999-12-31"), ("from", "x"), ("limit", 0)])
def test_a_bad_query_is_named(acting: As, name: str, value: Any) -> None:
    response = acting(new_member()).call("GET", f"checkins?{name}={value}")
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, f"query.{name}")


def test_notes_keep_right_to_left_marks_and_emoji(acting: As) -> None:
    note = "שלום \u200fעולם 👩‍❤️‍👨"
    assert put(acting(new_member()), highlight=note).json()["checkin"]["highlight"] == note


def test_the_partner_sees_a_check_in_once_they_checked_in(acting: As) -> None:
    ada, ben = map(acting, new_couple())
    put(ada, highlight="Walk")
    assert listed(ben) == []
    put(ben)
    [theirs] = [row for row in listed(ben) if not row["is_mine"]]
    assert (theirs["highlight"], theirs["timezone"]) == ("Walk", None)


def test_the_partner_sees_a_past_check_in(acting: As, time: MovableClock) -> None:
    ada, ben = map(acting, new_couple())
    put(ada, highlight="Walk")
    time.move(hours=13)
    [theirs] = listed(ben)
    assert theirs["highlight"] == "Walk"


def test_of_a_private_check_in_the_partner_sees_only_that_it_happened(acting: As) -> None:
    ada, ben = map(acting, new_couple())
    put(ada, highlight="Walk", is_private=True)
    assert put(ben).json()["streak"]["couple"]["current"] == 1
    [theirs] = [row for row in listed(ben) if not row["is_mine"]]
    assert {name for name, value in theirs.items() if value not in (None, False)} == {
        "checkin_date",
        "relationship_id",
        "is_private",
    }


def test_a_check_in_from_before_the_couple_stays_its_authors(acting: As, time: MovableClock) -> None:
    one, two = new_couple()
    ada, ben = acting(one), acting(two)
    before = (START - timedelta(hours=1)).isoformat()
    put(ada, recorded_at=before)
    put(ben)
    assert [row["is_mine"] for row in listed(ben)] == [True]
    assert Relationship.get(one.relationship_id).streak_end is None


def test_a_check_in_of_a_pause_stays_its_authors_for_good(acting: As, time: MovableClock) -> None:
    one, two = new_couple()
    ada, ben = acting(one), acting(two)
    pause(one)
    assert put(ada).status_code == 200
    Relationship(one.relationship_id).update([Relationship.status.set(RelationshipStatus.ACTIVE)])
    time.move(minutes=1)
    put(ada, connection_score=2)
    put(ben)
    assert [row["is_mine"] for row in listed(ben)] == [True]
    assert {row["is_mine"] for row in listed(ada)} == {True, False}
    assert Relationship.get(one.relationship_id).streak_end is None


def test_own_lists_cover_all_spaces_and_an_ex_sees_only_their_own(acting: As, time: MovableClock) -> None:
    one, two = new_couple()
    ada, ben = acting(one), acting(two)
    put(ada)
    put(ben)
    former = end(one, two)
    time.move(days=1)
    put(ada, TODAY + DAY)
    assert [(row["checkin_date"], row["is_mine"]) for row in listed(ada)] == [
        (str(TODAY + DAY), True),
        (str(TODAY), True),
    ]
    assert [row["is_mine"] for row in listed(ben, relationship=former)] == [True]
    assert acting(new_member()).call("GET", f"checkins?relationship={former}").status_code == 404


def test_a_list_has_every_check_in_once_on_its_pages(acting: As, time: MovableClock) -> None:
    ada, ben = map(acting, new_couple())
    for number in range(9):
        put(ada, TODAY + number * DAY)
        if number % 2:
            put(ben, TODAY + number * DAY)
        time.move(days=1)
    results, cursor = [], ""
    for _ in range(20):
        response = ada.call("GET", f"checkins?limit=2{cursor}").json()
        results += [(row["checkin_date"], row["is_mine"]) for row in response["items"]]
        if response["next_cursor"] is None:
            break
        cursor = f"&cursor={response['next_cursor']}"
    assert len(results) == len(set(results)) == 13
    assert [day for day, _ in results] == sorted((day for day, _ in results), reverse=True)


def test_a_list_is_limited_to_its_dates(acting: As, time: MovableClock) -> None:
    client = acting(new_member())
    for number in range(4):
        put(client, TODAY + number * DAY)
        time.move(days=1)
    span = {"from": TODAY + DAY, "to": TODAY + 2 * DAY}
    assert [row["checkin_date"] for row in listed(client, **span)] == [str(TODAY + 2 * DAY), str(TODAY + DAY)]
    response = client.call("GET", f"checkins?from={TODAY}&to={TODAY - DAY}")
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, "query.to")


def test_a_cursor_of_another_member_is_refused(acting: As, time: MovableClock) -> None:
    client = acting(new_member())
    for number in range(3):
        put(client, TODAY + number * DAY)
        time.move(days=1)
    cursor = client.call("GET", "checkins?limit=1").json()["next_cursor"]
    response = acting(new_member()).call("GET", f"checkins?limit=1&cursor={cursor}")
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, "query.cursor")


def test_a_deleted_check_in_leaves_lists_and_streaks(acting: As, time: MovableClock) -> None:
    one, two = new_couple()
    ada, ben = acting(one), acting(two)
    for number in range(3):
        put(ada, TODAY + number * DAY)
        put(ben, TODAY + number * DAY)
        time.move(days=1)
    assert ada.call("DELETE", f"checkins/{TODAY + DAY}").status_code == 204
    assert ada.call("DELETE", f"checkins/{TODAY + DAY}").status_code == 404
    row, couple = User.get(one.id), Relationship.get(one.relationship_id)
    assert (row.streak_start, row.streak_end, row.streak_longest) == (TODAY + 2 * DAY, TODAY + 2 * DAY, 1)
    assert (couple.streak_start, couple.streak_longest) == (TODAY + 2 * DAY, 1)
    assert User.get(two.id).streak_longest == 3
    assert len(listed(ben)) == 5


def test_another_members_check_in_cannot_be_deleted(acting: As) -> None:
    ada, ben = map(acting, new_couple())
    put(ada)
    assert ben.call("DELETE", f"checkins/{TODAY}").status_code == 404
    assert DailyCheckin.count(User.get(ada.user_id).relationship_id) == 1


def test_nobody_checks_in_without_signing_in(api: httpx2.Client) -> None:
    assert api.put(f"/v1/together/checkins/{TODAY}", json=checkin()).status_code == 401


def test_pages_and_cursors_do_not_tell_of_hidden_check_ins(acting: As, time: MovableClock) -> None:
    one, two = new_member("Ada"), new_member("Ben")
    ada, ben = acting(one), acting(two)
    put(ben)
    time.move(days=1)
    assert accept_status(acting, two, invite(acting, one)) == 200
    put(ada, TODAY + DAY)
    assert ben.call("PATCH", "relationship", {"status": "paused"}).status_code == 200
    put(ben, TODAY + DAY)
    time.move(days=1)
    put(ben, TODAY + 2 * DAY)
    assert ben.call("PATCH", "relationship", {"status": "active"}).status_code == 200
    time.move(days=1)
    put(ada, TODAY + 3 * DAY)
    put(ben, TODAY + 3 * DAY)
    pages = [ada.call("GET", "checkins?limit=1").json()]
    while cursor := pages[-1]["next_cursor"]:
        content = signing.decode(cursor.split(".")[0]).decode()
        assert two.id not in content
        assert str(two.relationship_id) not in content
        assert len(pages) < 9
        pages.append(ada.call("GET", f"checkins?limit=1&cursor={cursor}").json())
    shown = [(row["checkin_date"], row["is_mine"]) for page in pages for row in page["items"]]
    assert shown == [(str(TODAY + 3 * DAY), True), (str(TODAY + 3 * DAY), False), (str(TODAY + DAY), True)]
    assert [len(page["items"]) for page in pages] == [1, 1, 1]
