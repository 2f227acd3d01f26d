"""A member's export holds their own and the joint rows, in plain words, and no value that the other typed alone."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock, ids, secrets
from chalicelib.kit.auth import Role
from chalicelib.together.domain.sealed_columns import address_context, notes_context
from chalicelib.together.enums import ConversationKind, PerkKind
from chalicelib.together.models import Achievement, Activity, Block, Conversation, Perk, User
from chalicelib.together.service.endings import end_relationship
from tests.together.kinds import add_rows
from tests.together.members import new_couple, new_member

Drain = Callable[[], list[Any]]


def headers(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {auth.mint(Role.MEMBER, user.id)}"}


def request_export(api: httpx2.Client, user: User) -> httpx2.Response:
    return api.post("/v1/retention/exports", headers=headers(user) | {"Idempotency-Key": ids.new()})


def listed(api: httpx2.Client, user: User) -> list[dict[str, Any]]:
    answer = api.get("/v1/retention/exports", headers=headers(user))
    assert answer.status_code == 200
    return list(answer.json()["items"])


def export_of(api: httpx2.Client, user: User, drain: Drain) -> dict[str, list[dict[str, Any]]]:
    """Request an export and return its tables of together, by name."""
    assert request_export(api, user).status_code == 202
    assert drain() == []
    content = httpx2.get(listed(api, user)[0]["url"]).content
    archive = zipfile.ZipFile(io.BytesIO(content))
    tables = [name for name in archive.namelist() if name.startswith("tables/together/")]
    return {name.split("/")[2].removesuffix(".json"): json.loads(archive.read(name)) for name in tables}


@pytest.fixture
def couple() -> tuple[User, User]:
    """Two members with a row of every kind each, which name their author in each text that they typed."""
    ada, ben = new_couple()
    joint, now = str(ada.relationship_id), clock.now()
    for slot, user in ((1, ada), (2, ben)):
        add_rows(user, joint, slot)
        talk_id = ids.time_ordered()
        notes = secrets.encrypt(f"notes of {user.id}", notes_context(joint, talk_id))
        Conversation(
            joint,
            talk_id,
            initiated_by=user.id,
            kind=ConversationKind.DEEP_TALK,
            notes=notes,
            occurred_at=now,
            created_at=now,
        ).save()
        address = secrets.encrypt(f"street of {user.id}", address_context(user.id, "box"))
        Perk(user.id, "box", kind=PerkKind.SURPRISE_BOX, address=address, created_at=now, updated_at=now).save()
        Achievement(joint, f"streak_7#{user.id}", title="A week", points=7, earned_by=user.id, earned_at=now).save()
    Achievement(joint, "first_goal", title="A goal", points=7, earned_at=now).save()
    for number, row in enumerate(Activity.query(joint)):
        row.update([Activity.satisfaction_user_1.set(3), Activity.satisfaction_user_2.set(8 + number)])
    return ada, ben


@pytest.mark.parametrize("has_ended", [False, True])
def test_an_export_holds_nothing_that_the_other_typed_alone(
    api: httpx2.Client, couple: tuple[User, User], drain: Drain, has_ended: bool
) -> None:
    if has_ended:
        end_relationship(couple[0])
        assert drain() == []
    for slot, (mine, other) in enumerate((couple, couple[::-1]), start=1):
        tables = export_of(api, mine, drain)
        text = json.dumps(tables)
        assert f"typed by {mine.id}" in text
        assert f"typed by {other.id}" not in text
        assert other.email not in text
        assert {row["user_id"] for row in tables["daily_checkins"]} == {mine.id}
        assert f"notes of {mine.id}" in {row.get("notes") for row in tables["communication_log"]}
        assert [row["address"] for row in tables["perks"]] == [f"street of {mine.id}"]
        assert len(tables["activities"]) == 2
        for row in tables["activities"]:
            assert f"satisfaction_user_{slot}" in row
            assert f"satisfaction_user_{3 - slot}" not in row
        names = {row["achievement"] for row in tables["achievements"]}
        assert {"first_goal", f"streak_7#{mine.id}"} <= names
        assert f"streak_7#{other.id}" not in names


def test_an_export_does_not_tell_who_ended_or_blocked(
    api: httpx2.Client, couple: tuple[User, User], drain: Drain
) -> None:
    ada, ben = couple
    end_relationship(ada)
    Block(ada.id, ben.id, created_at=clock.now()).save()
    assert drain() == []
    tables = export_of(api, ben, drain)
    [row] = [row for row in tables["relationships"] if row["id"] == ada.relationship_id]
    assert not {"ended_by", "pauses", "invite_code", "user_1_id"} & set(row)
    assert tables.get("blocks", []) == []
    assert [row["blocked_id"] for row in export_of(api, ada, drain)["blocks"]] == [ben.id]


def test_an_export_has_no_password(api: httpx2.Client, drain: Drain) -> None:
    user = new_member(password_hash="$argon2id$of nothing")
    [row] = export_of(api, user, drain)["users"]
    assert row["email"] == user.email
    assert "password_hash" not in row


def test_three_exports_a_day(api: httpx2.Client, drain: Drain) -> None:
    user, other = new_member(), new_member()
    answers = [request_export(api, user) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert request_export(api, other).status_code == 202
    assert [each["status"] for each in listed(api, user)] == ["pending"] * 3
    assert drain() == []
    assert {(each["status"], bool(each["url"])) for each in listed(api, user)} == {("completed", True)}
    assert len(listed(api, other)) == 1


def test_one_request_is_one_export(api: httpx2.Client) -> None:
    user = new_member()
    sent = headers(user) | {"Idempotency-Key": "mine"}
    first, again = (api.post("/v1/retention/exports", headers=sent).json() for _ in range(2))
    assert first == again
    assert len(listed(api, user)) == 1


def test_only_members_have_exports(api: httpx2.Client) -> None:
    assert api.get("/v1/retention/exports").status_code == 401
    store = {"Authorization": f"Bearer {auth.mint(Role.STORE_OWNER, ids.new())}"}
    assert api.get("/v1/retention/exports", headers=store).status_code in (401, 403)
