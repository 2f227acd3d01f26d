"""Tests of invitations and their acceptance."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.kit import clock, ids
from chalicelib.kit.models import UniqueValue
from chalicelib.together.domain.invitation_codes import ALPHABET
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Block, Membership, Relationship, SharedGoal, User
from chalicelib.together.repository import users
from chalicelib.together.schemas.messages import RowsDeleted
from chalicelib.together.service import acceptance
from chalicelib.together.service.deletions import delete_rows
from chalicelib.together.service.invitations import create_invitation, find_invitation_mail
from tests.together.conftest import As
from tests.together.members import new_couple, new_member
from tests.together.pairs import accept_status, couples_of, invite


def test_an_accepted_invitation_makes_a_couple_of_the_inviters_space(acting: As) -> None:
    ada, ben = new_member("Ada"), new_member("Ben")
    code = invite(acting, ada)
    assert acting(ben).call("GET", f"invitations/{code}").json()["inviter"] == "Ada"
    body = acting(ben).call("POST", f"invitations/{code}").json()
    assert (body["id"], body["status"]) == (ada.relationship_id, "active")
    assert body["partner"]["display_name"] == "Ada"
    assert acting(ada).call("GET", "relationship").json()["partner"]["display_name"] == "Ben"
    assert couples_of(ada, ben) == [(ada.id, ben.id)]
    space = Relationship.get(ben.relationship_id)
    assert space.status is RelationshipStatus.ENDED
    assert space.user_2_id is None
    joint = Relationship.get(ada.relationship_id)
    assert joint.activated_at is not None
    assert joint.invite_code is None
    assert joint.invite_expires_at is None


def test_the_acceptors_former_space_is_readable_to_them_alone(acting: As) -> None:
    ada, ben = new_member(), new_member()
    assert accept_status(acting, ben, invite(acting, ada)) == 200
    path = f"relationships/{ben.relationship_id}"
    assert acting(ben).call("GET", path).json()["is_couple"] is False
    assert acting(ada).call("GET", path).status_code == 404


def test_a_code_has_ten_characters_and_is_stored_as_a_digest(acting: As) -> None:
    ada = new_member()
    code = invite(acting, ada)
    assert len(code) == 10
    assert set(code) <= set(ALPHABET)
    rows = [Relationship.get(ada.relationship_id), *UniqueValue.scan()]
    assert not any(code in str(row.attribute_values) for row in rows)


@pytest.mark.parametrize("typed", [str.lower, lambda code: f"{code[:5]}-{code[5:]}"])
def test_case_and_hyphens_of_a_code_do_not_matter(acting: As, typed: Callable[[str], str]) -> None:
    code = invite(acting, new_member())
    assert acting(new_member()).call("GET", f"invitations/{typed(code)}").status_code == 200


def _voided(acting: As, ada: User) -> str:
    code = invite(acting, ada)
    assert acting(ada).call("DELETE", "invitations").status_code == 204
    return code


def _replaced(acting: As, ada: User) -> str:
    code = invite(acting, ada)
    invite(acting, ada)
    return code


def _accepted(acting: As, ada: User) -> str:
    code = invite(acting, ada)
    assert accept_status(acting, new_member(), code) == 200
    return code


def _expired(acting: As, ada: User) -> str:
    code = invite(acting, ada)
    Relationship(ada.relationship_id).update([Relationship.invite_expires_at.set(clock.now())])
    return code


def _closed(acting: As, ada: User) -> str:
    code = invite(acting, ada)
    User(ada.id).update([User.is_active.set(False)])
    return code


def _for_another_address(acting: As, ada: User) -> str:
    return invite(acting, ada, "somebody@example.com")


@pytest.mark.parametrize("make", [_voided, _replaced, _accepted, _expired, _closed, _for_another_address])
def test_every_code_that_is_not_open_answers_the_same_404(acting: As, make: Callable[[As, User], str]) -> None:
    ben, ada = new_member(), new_member()
    known = acting(ben).call("GET", f"invitations/{make(acting, ada)}")
    unknown = acting(ben).call("GET", "invitations/0123456789")
    assert known.status_code == unknown.status_code == 404
    same = {key: value for key, value in known.json().items() if key != "request_id"}
    assert same == {key: value for key, value in unknown.json().items() if key != "request_id"}


@pytest.mark.parametrize("text", ["short", "UUUUUUUUUU", "00000000000", "%00%00%00%00%00%00%00%00%00%00", "😀" * 10])
def test_text_that_is_no_code_is_404(acting: As, text: str) -> None:
    assert acting(new_member()).call("POST", f"invitations/{text}").status_code == 404


def test_an_invitation_expires_after_seven_days(stopped_clock: datetime) -> None:
    assert create_invitation(new_member(), None).expires_at == stopped_clock + timedelta(days=7)


def test_a_mailed_invitation_is_for_the_verified_address_alone(acting: As) -> None:
    ada, eve, ben = new_member(), new_member(), new_member(email="ben@example.com")
    code = invite(acting, ada, "Ben@Example.com")
    assert accept_status(acting, eve, code) == 404
    assert accept_status(acting, ben, code) == 200


def test_the_mail_has_the_code_although_no_message_and_no_row_has_it(acting: As) -> None:
    ada = new_member("Ada")
    code = invite(acting, ada, "ben@example.com")
    mail = find_invitation_mail(ada.id)
    assert mail is not None
    assert (mail.address, mail.inviter) == ("ben@example.com", "Ada")
    assert mail.url.endswith(f"/together/app#invite={code}")
    assert code not in repr(mail)
    assert "ben@" not in repr(mail)


def test_no_mail_goes_out_once_the_invitation_is_not_open(acting: As) -> None:
    ada = new_member()
    _voided(acting, ada)
    assert find_invitation_mail(ada.id) is None
    invite(acting, ada)
    assert find_invitation_mail(ada.id) is None, "an invitation without an address"


def test_an_invitation_between_blocked_members_looks_sent_and_never_arrives(acting: As) -> None:
    ada, ben = new_member(), new_member(email="ben@example.com")
    for blocker, blocked in ((ada, ben), (ben, ada)):
        block = Block(blocker.id, blocked.id, created_at=clock.now())
        block.save()
        response = acting(ada).call("POST", "invitations", {"email": "ben@example.com"})
        assert response.status_code == 201
        assert find_invitation_mail(ada.id) is None
        code = response.json()["code"]
        assert acting(ben).call("GET", f"invitations/{code}").status_code == 404
        assert accept_status(acting, ben, code) == 404
        block.delete()
    assert accept_status(acting, ben, code) == 200


def test_an_ex_who_deleted_their_rows_can_still_be_blocked(acting: As) -> None:
    ada, ben = new_couple()
    former = str(ada.relationship_id)
    assert acting(ada).call("PATCH", "relationship", {"status": "ended"}).status_code == 200
    delete_rows(RowsDeleted(user_id=ada.id, relationship_id=former))
    assert acting(ben).call("POST", "blocks", {"relationship_id": former}).status_code == 201
    assert accept_status(acting, ben, invite(acting, ada)) == 404
    assert accept_status(acting, ada, invite(acting, ben)) == 404


def test_an_inviter_mails_five_invitations_a_day(acting: As) -> None:
    ada = new_member()
    for number in range(5):
        invite(acting, ada, f"somebody{number}@example.com")
    assert acting(ada).call("POST", "invitations", {"email": "sixth@example.com"}).status_code == 429
    assert acting(ada).call("POST", "invitations", {}).status_code == 201, "a code without a mail has no limit"


def test_a_recipient_gets_three_invitations_a_week_and_the_inviter_learns_nothing(
    acting: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[object] = []
    monkeypatch.setattr("chalicelib.kit.messages.publish", lambda message: published.append(message))
    for _ in range(4):
        invite(acting, new_member(), "ben@example.com")
    assert len(published) == 3


def test_a_member_tries_twenty_codes_an_hour(acting: As) -> None:
    eve, code = new_member(), invite(acting, new_member())
    statuses = [acting(eve).call("POST", "invitations/0123456789").status_code for _ in range(20)]
    assert set(statuses) == {404}
    assert acting(eve).call("GET", f"invitations/{code}").status_code == 429
    assert accept_status(acting, eve, code) == 429
    assert accept_status(acting, new_member(), code) == 200


def test_ones_own_invitation_cannot_be_accepted(acting: As) -> None:
    ada = new_member()
    code = invite(acting, ada)
    assert acting(ada).call("POST", f"invitations/{code}").json()["code"] == "InvitationIsOwn"
    assert couples_of(ada) == []


def test_a_member_of_a_couple_can_neither_invite_nor_accept(acting: As) -> None:
    one, _ = new_couple()
    code = invite(acting, new_member())
    assert acting(one).call("POST", "invitations", {}).json()["code"] == "MemberPaired"
    assert acting(one).call("POST", f"invitations/{code}").json()["code"] == "MemberPaired"


def test_the_email_of_an_invitation_must_be_an_address(acting: As) -> None:
    for text in ("no address", "a\x00@b.c", "ü@example.com", "a@", "@b", "x" * 255 + "@b.c"):
        response = acting(new_member()).call("POST", "invitations", {"email": text})
        assert (response.status_code, response.json()["errors"][0]["path"]) == (422, "body.email"), text


def test_the_inviters_rows_become_joint(acting: As) -> None:
    ada, ben = new_member(), new_member()
    goal = SharedGoal(
        ada.relationship_id,
        ids.new(),
        title="Learn to sail",
        created_by=ada.id,
        relationship_status=f"{ada.relationship_id}#active",
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    goal.save()
    Relationship(ada.relationship_id).update([Relationship.goal_ids.set({goal.id})])
    assert accept_status(acting, ben, invite(acting, ada)) == 200
    assert Relationship.get(User.get(ben.id).relationship_id).goal_ids == {goal.id}


def test_a_repeated_acceptance_is_200_and_changes_nothing(acting: As) -> None:
    ada, ben = new_member(), new_member()
    code = invite(acting, ada)
    first, second = (acting(ben).call("POST", f"invitations/{code}") for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert Relationship.get(ada.relationship_id).version == 2


def test_of_fifty_concurrent_acceptances_one_makes_a_couple(acting: As) -> None:
    ada, others = new_member(), [new_member() for _ in range(50)]
    code = invite(acting, ada)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda other: accept_status(acting, other, code), others))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 404, 409}
    [couple] = couples_of(ada, *others)
    assert couple == (ada.id, others[statuses.index(200)].id)


def test_of_two_members_that_race_the_slower_one_gets_409(acting: As, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben, eve = new_member(), new_member(), new_member()
    code = invite(acting, ada)
    stage, faster = acceptance._stage_couple, [ben]

    def lose(*staged: Any) -> None:
        stage(*staged)
        if faster:
            assert accept_status(acting, faster.pop(), code) == 200

    monkeypatch.setattr(acceptance, "_stage_couple", lose)
    response = acting(eve).call("POST", f"invitations/{code}")
    assert (response.status_code, response.json()["code"]) == (409, "InvitationAccepted")
    assert couples_of(ada, ben, eve) == [(ada.id, ben.id)]


@pytest.mark.parametrize("is_early", [True, False])
def test_an_acceptance_between_two_reads_of_another_is_noticed(
    acting: As, monkeypatch: pytest.MonkeyPatch, is_early: bool
) -> None:
    ada, ben = new_member(), new_member()
    codes, find, waiting = [invite(acting, ada), invite(acting, ben)], users.find_users, [True]

    def find_and_pair(user_ids: list[str]) -> list[User | None]:
        rows = find(user_ids)
        if waiting and waiting.pop():
            caller, code = (ben, codes[0]) if is_early else (ada, codes[1])
            assert accept_status(acting, caller, code) == 200
        return rows

    monkeypatch.setattr(users, "find_users", find_and_pair)
    assert accept_status(acting, ada, codes[1]) == 200
    assert len(couples_of(ada, ben)) == 1


@pytest.mark.parametrize("round_", range(5))
def test_two_who_accept_each_other_become_one_couple(acting: As, round_: int) -> None:
    ada, ben = new_member(), new_member()
    codes = [(ben, invite(acting, ada)), (ada, invite(acting, ben))]
    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(lambda each: accept_status(acting, *each), codes))
    assert statuses == [200, 200]
    assert len(couples_of(ada, ben)) == 1


@pytest.mark.parametrize("round_", range(5))
def test_a_triangle_of_invitations_makes_one_couple(acting: As, round_: int) -> None:
    ada, ben, eve = new_member(), new_member(), new_member()
    codes = [(ben, invite(acting, ada)), (eve, invite(acting, ben)), (ada, invite(acting, eve))]
    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(lambda each: accept_status(acting, *each), codes))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 404, 409}
    assert len(couples_of(ada, ben, eve)) == 1


@pytest.mark.parametrize("round_", range(5))
def test_acceptance_against_end_leaves_each_member_in_one_relationship(acting: As, round_: int) -> None:
    ada, ben, eve = new_member(), new_member(), new_member()
    assert accept_status(acting, ben, invite(acting, ada)) == 200
    code = invite(acting, eve)
    calls = [
        lambda: acting(ada).call("PATCH", "relationship", {"status": "ended"}).status_code,
        lambda: accept_status(acting, ben, code),
    ]
    with ThreadPoolExecutor(2) as pool:
        ended, accepted = pool.map(lambda call: call(), calls)
    assert ended == 200
    assert accepted in (200, 409)
    assert couples_of(ada, ben, eve) == ([(eve.id, ben.id)] if accepted == 200 else [])


def test_a_block_that_is_written_during_an_acceptance_prevents_it(acting: As, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = new_member(), new_member()
    code, stage = invite(acting, ada), acceptance._stage_couple

    def block_first(*staged: Any) -> None:
        stage(*staged)
        Block(ada.id, ben.id, created_at=clock.now()).save()

    monkeypatch.setattr(acceptance, "_stage_couple", block_first)
    assert accept_status(acting, ben, code) in (404, 409)
    assert couples_of(ada, ben) == []


def test_an_account_that_closes_during_an_acceptance_prevents_it(acting: As, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = new_member(), new_member()
    code, stage = invite(acting, ada), acceptance._stage_couple

    def close_first(*staged: Any) -> None:
        stage(*staged)
        User(ada.id).update([User.is_active.set(False)])

    monkeypatch.setattr(acceptance, "_stage_couple", close_first)
    assert accept_status(acting, ben, code) in (404, 409)
    assert couples_of(ada, ben) == []


def test_premium_of_either_member_is_the_couples(acting: As) -> None:
    until = clock.now() + timedelta(days=30)
    ada, ben = new_member(), new_member(access_until=until)
    assert accept_status(acting, ben, invite(acting, ada)) == 200
    assert Relationship.get(ada.relationship_id).premium_until == until


def test_a_plan_that_begins_during_an_acceptance_is_not_lost(acting: As, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = new_member(), new_member()
    code, stage, until = invite(acting, ada), acceptance._stage_couple, clock.now() + timedelta(days=30)
    waiting = [True]

    def subscribe_first(*staged: Any) -> None:
        stage(*staged)
        if waiting and waiting.pop():
            User(ben.id).update([User.access_until.set(until), User.version.add(1)])

    monkeypatch.setattr(acceptance, "_stage_couple", subscribe_first)
    assert accept_status(acting, ben, code) == 200
    assert Relationship.get(ada.relationship_id).premium_until == until


def test_no_log_line_names_code_or_address(acting: As, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="together")
    ada, ben = new_member(), new_member(email="ben@example.com")
    code = invite(acting, ada, "ben@example.com")
    accept_status(acting, ben, code)
    text = "\n".join(str(vars(record)) for record in caplog.records if not record.name.startswith(("boto", "httpx2")))
    assert "ben@example.com" not in text


def test_a_membership_row_names_the_members_slot(acting: As) -> None:
    ada, ben = new_member(), new_member()
    assert accept_status(acting, ben, invite(acting, ada)) == 200
    joint = ada.relationship_id
    assert Membership.get(ada.id, joint).as_user_1 == joint
    assert Membership.get(ben.id, joint).as_user_2 == joint
    assert Membership.get(ben.id, ben.relationship_id).left_at is not None
