"""Talks over HTTP: private unless shared, of a pause their author's, notes encrypted and opened one by one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.kit.models import IdempotencyRecord
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Conversation, Relationship
from infra.bench.round_trips import metered
from tests.together.conftest import As
from tests.together.members import MemberClient, new_couple, new_member
from tests.together.spaces import end, pause

Json = dict[str, Any]


def add(client: MemberClient, **fields: Any) -> Json:
    response = client.call("POST", "conversations", {"kind": "deep_talk", **fields})
    assert response.status_code == 201, response.text
    return dict(response.json())


def ids(client: MemberClient, query: str = "") -> list[str]:
    return [item["id"] for item in client.call("GET", f"conversations{query}").json()["items"]]


def test_a_talk_is_private_until_its_author_shares_it(acting: As) -> None:
    one, two = new_couple()
    talk = add(acting(one), topic="Us", notes="a secret", duration_minutes=30, quality_rating=8)
    path = f"conversations/{talk['id']}"
    assert (talk["is_private"], talk["has_notes"], "notes" in talk) == (True, True, False)
    assert ids(acting(two)) == []
    assert acting(two).call("GET", path).json()["code"] == "ConversationNotFound"
    detail = acting(one).call("GET", path)
    assert detail.json()["notes"] == "a secret"
    shared = acting(one).call("PATCH", path, {"is_private": False}, If_Match=detail.headers["ETag"])
    assert shared.json()["is_private"] is False
    assert ids(acting(two)) == [talk["id"]]
    theirs = acting(two).call("GET", path)
    assert (theirs.json()["notes"], theirs.json()["is_mine"]) == ("a secret", False)
    assert acting(two).call("PATCH", path, {"topic": "x"}, If_Match=theirs.headers["ETag"]).status_code == 404
    assert acting(two).call("DELETE", path, If_Match=theirs.headers["ETag"]).status_code == 404


def test_notes_are_encrypted_and_lists_do_not_open_them(acting: As) -> None:
    user = new_member()
    talk = add(acting(user), notes="a secret")
    row = Conversation.get(user.relationship_id, talk["id"])
    assert row.notes is not None
    assert "secret" not in row.notes
    assert all("secret" not in str(record.response) for record in IdempotencyRecord.scan())
    with metered() as meter:
        [item] = acting(user).call("GET", "conversations").json()["items"]
    assert "notes" not in item
    assert meter.cost.reads == 3  # the member, the relationship, the talks


def test_a_talk_from_before_the_couple_and_one_of_a_pause_stay_their_authors(acting: As) -> None:
    one, two = new_couple()
    before = add(acting(one), is_private=False)
    Relationship(one.relationship_id).update([Relationship.activated_at.set(clock.now())])
    pause(one)
    paused = add(acting(one), is_private=False)
    assert ids(acting(two)) == []
    assert ids(acting(one)) == [paused["id"], before["id"]]
    assert acting(two).call("GET", f"conversations/{paused['id']}").status_code == 404
    Relationship(one.relationship_id).update([Relationship.status.set(RelationshipStatus.ACTIVE)])
    assert ids(acting(two)) == []
    shared = add(acting(one), is_private=False)
    assert ids(acting(two)) == [shared["id"]]


def test_what_is_changed_in_a_pause_stays_its_authors(acting: As) -> None:
    one, two = new_couple()
    path = f"conversations/{add(acting(one), is_private=False, notes='before')['id']}"
    pause(one)
    etag = acting(one).call("GET", path).headers["ETag"]
    assert acting(one).call("PATCH", path, {"notes": "in the pause"}, If_Match=etag).status_code == 200
    assert acting(two).call("GET", path).status_code == 404
    Relationship(one.relationship_id).update([Relationship.status.set(RelationshipStatus.ACTIVE)])
    assert ids(acting(two)) == []
    assert acting(one).call("GET", path).json()["notes"] == "in the pause"


def test_after_the_end_each_reads_only_their_own(acting: As) -> None:
    one, two = new_couple()
    mine, theirs = add(acting(one), is_private=False), add(acting(two), is_private=False, notes="n")
    former = end(one, two)
    assert ids(acting(one), f"?relationship={former}") == [mine["id"]]
    assert ids(acting(two), f"?relationship={former}") == [theirs["id"]]
    path = f"conversations/{theirs['id']}?relationship={former}"
    assert acting(one).call("GET", path).status_code == 404
    assert acting(two).call("GET", path).json()["notes"] == "n"
    assert acting(two).call("DELETE", f"conversations/{theirs['id']}", If_Match='"x"').status_code == 404


def test_pages_and_cursors_are_as_if_hidden_talks_did_not_exist(acting: As) -> None:
    one, two = new_couple()
    base = clock.now() - timedelta(days=1)
    shared = []
    for number in range(9):
        is_private = number % 3 != 0
        occurred_at = clock.iso(base + timedelta(minutes=number))
        talk = add(acting(one), is_private=is_private, occurred_at=occurred_at)
        shared += [] if is_private else [talk["id"]]
    first = acting(two).call("GET", "conversations?limit=2").json()
    assert [item["id"] for item in first["items"]] == [shared[2], shared[1]]
    rest = acting(two).call("GET", f"conversations?limit=2&cursor={first['next_cursor']}").json()
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == ([shared[0]], None)


def test_a_change_and_a_deletion_name_the_version(acting: As) -> None:
    user = new_member()
    client = acting(user)
    path = f"conversations/{add(client, notes='one')['id']}"
    etag = client.call("GET", path).headers["ETag"]
    assert client.call("PATCH", path, {"notes": "two"}).status_code == 428
    changed = client.call("PATCH", path, {"notes": "two", "topic": "T"}, If_Match=etag)
    assert (changed.json()["notes"], changed.json()["topic"]) == ("two", "T")
    assert client.call("PATCH", path, {"notes": "three"}, If_Match=etag).json()["code"] == "VersionMismatch"
    assert client.call("DELETE", path, If_Match=etag).json()["code"] == "VersionMismatch"
    removed = client.call("PATCH", path, {"notes": None}, If_Match=changed.headers["ETag"])
    assert removed.json()["has_notes"] is False
    assert client.call("DELETE", path, If_Match=removed.headers["ETag"]).status_code == 204
    assert client.call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"notes": "x" * 4_001}, "body.notes"),
        ({"notes": "é" * 2_001}, "body.notes"),
        ({"notes": "a\x00"}, "body.notes"),
        ({"quality_rating": 0}, "body.quality_rating"),
        ({"quality_rating": 11}, "body.quality_rating"),
        ({"quality_rating": 7.5}, "body.quality_rating"),
        ({"duration_minutes": 1_441}, "body.duration_minutes"),
        ({"occurred_at": "0001-01-01T00:00:00Z"}, "body.occurred_at"),
        ({"occurred_at": "1999-12-31T23:59:59Z"}, "body.occurred_at"),
        ({"occurred_at": "2199-01-01T00:00:00Z"}, "body.occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59Z"}, "body.occurred_at"),
        ({"kind": "gossip"}, "body.kind"),
    ],
)
def test_invalid_fields_are_named(acting: As, fields: Json, path: str) -> None:
    response = acting(new_member()).call("POST", "conversations", {"kind": "other", **fields})
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, path)


def test_four_thousand_bytes_of_notes_are_stored(acting: As) -> None:
    client = acting(new_member())
    notes = "é" * 2_000
    talk = add(client, notes=notes)
    assert client.call("GET", f"conversations/{talk['id']}").json()["notes"] == notes


def test_strangers_find_nothing(acting: As) -> None:
    one, _ = new_couple()
    talk = add(acting(one), is_private=False)
    stranger = acting(new_couple()[0])
    assert stranger.call("GET", f"conversations/{talk['id']}").status_code == 404
    assert stranger.call("GET", f"conversations/{talk['id']}?relationship={one.relationship_id}").status_code == 404
    assert stranger.call("GET", f"conversations?relationship={one.relationship_id}").status_code == 404


def test_a_repeated_request_writes_one_talk_and_one_award(acting: As) -> None:
    user = new_member()
    first = add(acting(user), notes="n")
    body = {"kind": "other", "notes": "n"}
    answers = [acting(user).call("POST", "conversations", body, Idempotency_Key="k").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert sorted(ids(acting(user))) == sorted([first["id"], answers[0]["id"]])
    assert [award["rule"] for award in acting(user).call("GET", "achievements").json()["items"]] == ["first_talk"]
