"""Tests of the relationship: read, details, pause, end, block, and the deletion of one's own rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.together.domain.pauses import MAX_PAUSES
from chalicelib.together.enums import LoveLanguage, RelationshipStatus
from chalicelib.together.models import Block, Membership, Relationship, User
from chalicelib.together.repository.relationships import require_writable
from tests.together.conftest import As
from tests.together.members import new_couple, new_member
from tests.together.pairs import accept_status, couples_of, invite

STRANGERS_CALLS = [
    ("GET", "relationships/{id}", None, 404),
    ("DELETE", "relationships/{id}", None, 404),
    ("POST", "blocks", {"relationship_id": "{id}"}, 404),
]


def _patch(acting: As, user: User, **body: Any) -> tuple[int, dict[str, Any]]:
    response = acting(user).call("PATCH", "relationship", body)
    return response.status_code, response.json()


def test_a_member_alone_has_a_space(acting: As) -> None:
    ada = new_member()
    body = acting(ada).call("GET", "relationship").json()
    assert (body["id"], body["status"], body["partner"]) == (ada.relationship_id, "invited", None)


def test_the_streak_of_the_couple_is_read_from_its_row(acting: As) -> None:
    ada, ben = new_couple()
    end = clock.today() - timedelta(days=1)
    actions = [Relationship.streak_start.set(end - timedelta(days=4)), Relationship.streak_end.set(end)]
    Relationship(ada.relationship_id).update([*actions, Relationship.streak_longest.set(9)])
    assert acting(ben).call("GET", "relationship").json()["streak"] == {
        "current": 5,
        "longest": 9,
        "last": end.isoformat(),
    }


def test_type_and_dates_are_set_and_removed(acting: As) -> None:
    ada, ben = new_couple()
    status, body = _patch(acting, ada, relationship_type="married", start_date="2020-02-29")
    assert (status, body["relationship_type"], body["start_date"]) == (200, "married", "2020-02-29")
    _, body = _patch(acting, ben, start_date=None, anniversary_date="2021-05-01")
    assert (body["relationship_type"], body["start_date"], body["anniversary_date"]) == ("married", None, "2021-05-01")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"status": "invited"}, "body.status"),
        ({"status": None}, "body"),
        ({"status": "paused", "start_date": "2020-01-01"}, "body"),
        ({"relationship_type": None}, "body.relationship_type"),
        ({"start_date": "0000-01-01"}, "body.start_date"),
        ({"start_date": "0001-01-01"}, "body.start_date"),
        ({"anniversary_date": "9999-12-31"}, "body.anniversary_date"),
        ({"ended_by": "x"}, "body.ended_by"),
    ],
)
def test_bad_input_names_the_field(acting: As, body: dict[str, Any], path: str) -> None:
    status, problem = _patch(acting, new_member(), **body)
    assert (status, problem["errors"][0]["path"]) == (422, path)


def test_each_lifts_only_their_own_pause(acting: As) -> None:
    ada, ben = new_couple()
    _, body = _patch(acting, ada, status="paused")
    assert (body["status"], body["is_paused_by_me"]) == ("paused", True)
    assert acting(ben).call("GET", "relationship").json()["is_paused_by_me"] is False
    status, problem = _patch(acting, ben, status="active")
    assert (status, problem["code"]) == (409, "PausedByPartner")
    assert _patch(acting, ben, status="paused")[1]["is_paused_by_me"] is True
    assert _patch(acting, ada, status="active")[1]["status"] == "paused", "Ben's pause is still open"
    assert _patch(acting, ben, status="active")[1]["status"] == "active"
    pauses = Relationship.get(ada.relationship_id).pauses
    assert [(pause[2], pause[1] is not None) for pause in pauses] == [(ada.id, True), (ben.id, True)]


def test_a_repeated_pause_or_resumption_changes_nothing(acting: As) -> None:
    ada, _ = new_couple()
    for status in ("active", "paused", "paused"):
        assert _patch(acting, ada, status=status)[0] == 200
    assert len(Relationship.get(ada.relationship_id).pauses) == 1
    assert [_patch(acting, ada, status="active")[0] for _ in range(2)] == [200, 200]


def test_concurrent_pauses_of_both_are_both_kept(acting: As) -> None:
    ada, ben = new_couple()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda user: _patch(acting, user, status="paused"), (ada, ben)))
    assert {pause[2] for pause in Relationship.get(ada.relationship_id).pauses} == {ada.id, ben.id}


@pytest.mark.parametrize("status", ["paused", "active"])
def test_a_space_of_one_has_no_pauses(acting: As, status: str) -> None:
    code, problem = _patch(acting, new_member(), status=status)
    assert (code, problem["code"]) == (409, "PartnerMissing")


def test_a_paused_relationship_is_read_only(acting: As) -> None:
    ada, ben = new_couple()
    _patch(acting, ada, status="paused")
    status, problem = _patch(acting, ben, start_date="2020-01-01")
    assert (status, problem["code"]) == (409, "RelationshipPaused")
    with pytest.raises(WriteConflict), Transaction() as transaction:
        require_writable(transaction, ada.relationship_id, ben.id)


def test_an_end_gives_both_a_new_space_at_once(acting: As) -> None:
    ada, ben = new_couple()
    joint = ada.relationship_id
    status, body = _patch(acting, ada, status="ended")
    assert (status, body["status"], body["partner"]) == (200, "invited", None)
    spaces = [User.get(user.id).relationship_id for user in (ada, ben)]
    assert len({joint, *spaces}) == 3
    assert couples_of(ada, ben) == []
    assert Relationship.get(joint).status is RelationshipStatus.ENDED
    for user in (ada, ben):
        with pytest.raises(WriteConflict), Transaction() as transaction:
            require_writable(transaction, joint, user.id)


def test_a_paused_relationship_can_be_ended_by_either(acting: As) -> None:
    ada, ben = new_couple()
    _patch(acting, ada, status="paused")
    assert _patch(acting, ben, status="ended")[0] == 200
    assert couples_of(ada, ben) == []


def test_a_repeated_end_is_200_and_gives_no_second_space(acting: As) -> None:
    ada, ben = new_couple()
    first, second = (_patch(acting, ada, status="ended")[1]["id"] for _ in range(2))
    assert first == second
    assert [len([row for row in Membership.query(user.id) if row.left_at is None]) for user in (ada, ben)] == [1, 1]


def test_both_end_at_once(acting: As) -> None:
    ada, ben = new_couple()
    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(lambda user: _patch(acting, user, status="ended")[0], (ada, ben)))
    assert statuses == [200, 200]
    assert couples_of(ada, ben) == []


def test_nobody_learns_who_ended_or_blocked(acting: As) -> None:
    ada, ben = new_couple()
    joint = ada.relationship_id
    assert acting(ada).call("POST", "blocks", {"relationship_id": joint}).status_code == 201
    for user in (ada, ben):
        body = acting(user).call("GET", f"relationships/{joint}").json()
        assert body.keys() == {"id", "status", "is_couple", "is_current", "activated_at", "ended_at"}
    assert acting(ben).call("GET", "blocks").json()["items"] == []


def test_an_ex_sees_no_name(acting: As) -> None:
    ada, ben = new_couple(timezone="Pacific/Chatham")
    User(ben.id).update([User.display_name.set("Benedict")])
    _patch(acting, ada, status="ended")
    for path in ("relationship", "relationships", f"relationships/{ada.relationship_id}", "blocks"):
        assert "Benedict" not in acting(ada).call("GET", path).text


def test_the_list_has_past_and_present_relationships(acting: As) -> None:
    ada, ben = new_couple()
    joint = ada.relationship_id
    _patch(acting, ada, status="ended")
    items = acting(ben).call("GET", "relationships").json()["items"]
    assert {item["id"] for item in items} >= {joint, User.get(ben.id).relationship_id}
    assert [item["id"] for item in items if item["is_current"]] == [User.get(ben.id).relationship_id]


def test_the_list_is_paginated_and_its_cursor_is_the_members(acting: As) -> None:
    ada, ben = new_couple()
    _patch(acting, ada, status="ended")
    first = acting(ben).call("GET", "relationships?limit=2").json()
    second = acting(ben).call("GET", f"relationships?limit=2&cursor={first['next_cursor']}").json()
    assert len({item["id"] for item in [*first["items"], *second["items"]]}) == 3
    assert acting(ada).call("GET", f"relationships?limit=2&cursor={first['next_cursor']}").status_code == 422


@pytest.mark.parametrize(("method", "path", "body", "status"), STRANGERS_CALLS)
def test_a_stranger_finds_nothing(acting: As, method: str, path: str, body: dict[str, str] | None, status: int) -> None:
    ada, _ = new_couple()
    stranger, _ = new_couple()
    filled = dict.fromkeys(body, ada.relationship_id) if body else None
    response = acting(stranger).call(method, path.format(id=ada.relationship_id), filled)
    assert response.status_code == status


def test_a_block_ends_and_keeps_the_two_apart(acting: As) -> None:
    ada, ben = new_couple()
    joint = ada.relationship_id
    response = acting(ada).call("POST", "blocks", {"relationship_id": joint})
    block = response.json()
    assert couples_of(ada, ben) == []
    assert accept_status(acting, ben, invite(acting, ada)) == 404
    assert accept_status(acting, ada, invite(acting, ben)) == 404
    assert acting(ada).call("GET", "blocks").json()["items"] == [block]
    assert acting(ben).call("DELETE", f"blocks/{block['id']}").status_code == 404
    assert acting(ada).call("DELETE", f"blocks/{block['id']}").status_code == 204
    assert acting(ada).call("DELETE", f"blocks/{block['id']}").status_code == 404
    assert accept_status(acting, ben, invite(acting, ada)) == 200


def test_an_ex_can_be_blocked_and_a_repeat_keeps_the_date(acting: As) -> None:
    ada, ben = new_couple()
    joint = ada.relationship_id
    _patch(acting, ben, status="ended")
    blocks = [acting(ada).call("POST", "blocks", {"relationship_id": joint}).json() for _ in range(2)]
    assert blocks[0] == blocks[1]
    assert Block.count(ada.id) == 1


def test_a_space_of_one_has_nobody_to_block(acting: As) -> None:
    ada = new_member()
    response = acting(ada).call("POST", "blocks", {"relationship_id": ada.relationship_id})
    assert (response.status_code, response.json()["code"]) == (409, "PartnerMissing")


def test_an_open_relationship_cannot_be_deleted(acting: As) -> None:
    ada, _ = new_couple()
    response = acting(ada).call("DELETE", f"relationships/{ada.relationship_id}")
    assert (response.status_code, response.json()["code"]) == (409, "RelationshipOpen")


def test_pauses_keep_their_cap(acting: As) -> None:
    ada, ben = new_couple()
    _patch(acting, ben, status="paused")
    for _ in range(MAX_PAUSES + 5):
        _patch(acting, ada, status="paused")
        _patch(acting, ada, status="active")
    pauses = Relationship.get(ada.relationship_id).pauses
    assert len(pauses) == MAX_PAUSES
    assert [pause for pause in pauses if pause[1] is None] == [pauses[0]], "an open pause is never dropped"


def test_each_member_keeps_their_own_premium_after_the_end(acting: As) -> None:
    until = clock.now() + timedelta(days=30)
    ada, ben = new_couple()
    User(ben.id).update([User.access_until.set(until)])
    _patch(acting, ada, status="ended")
    ends = [Relationship.get(User.get(user.id).relationship_id).premium_until for user in (ada, ben)]
    assert ends == [None, until]


def test_a_partner_whose_account_is_erased_does_not_prevent_the_end(acting: As) -> None:
    ada, ben = new_couple()
    User(ben.id).delete()
    Membership(ben.id, ada.relationship_id).delete()
    assert acting(ada).call("GET", "relationship").json()["partner"] is None
    status, body = _patch(acting, ada, status="ended")
    assert (status, body["status"]) == (200, "invited")


@pytest.mark.parametrize("path", ["relationship", "dashboard"])
def test_the_partner_sees_what_a_member_shares_of_their_profile(acting: As, path: str) -> None:
    one, two = new_couple(birthday=date(1990, 2, 28), love_language_primary=LoveLanguage.QUALITY_TIME)
    names = ("birthday", "love_language_primary")

    def seen() -> list[Any]:
        partner = acting(one).call("GET", path).json()["partner"]
        return [partner[name] for name in names]

    assert seen() == ["1990-02-28", "quality_time"]
    User(two.id).update([User.preferences.set({"shared": {"birthday": False}})])
    assert seen() == [None, "quality_time"]
    User(two.id).update([User.preferences.set({"shared": {"birthday": True, "love_languages": False}})])
    assert seen() == ["1990-02-28", None]
