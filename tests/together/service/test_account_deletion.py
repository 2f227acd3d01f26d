"""Deletion of accounts: closed at once, kept by a sign-in, erased after 7 days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import clock, passwords
from chalicelib.kit.errors import Unavailable
from chalicelib.retention.models import PrivacyRequest
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import account_rows, users
from chalicelib.together.service import account_deletion, endings, invitations
from chalicelib.together.service import sessions as session_service
from chalicelib.together.service.acceptance import accept_invitation
from chalicelib.together.service.auth import Member
from chalicelib.together.service.sessions import SignIn
from tests.together.accounts import OTHER_PASSWORD, PASSWORD, Mailbox, Person, new_account
from tests.together.members import new_couple, new_member

WEEK = timedelta(days=7)
Drain = Callable[[], list[dict[str, Any]]]


def close(user: User, closing_at: datetime) -> User:
    """Write the row as the deletion of an account leaves it."""
    columns = {"is_active": False, "closing_at": closing_at, "closing_on": closing_at.date().isoformat()}
    User(user.id).update([getattr(User, name).set(value) for name, value in columns.items()])
    row = users.find_user(user.id)
    assert row
    return row


@pytest.fixture
def stored_hash() -> str:
    return passwords.hash_password(PASSWORD)


def test_a_deleted_account_is_closed_at_once_and_a_sign_in_keeps_it(api: httpx2.Client, mailbox: Mailbox) -> None:
    person = new_account(api, mailbox)
    assert person.call("DELETE", "me", {"password": OTHER_PASSWORD}).status_code == 403
    answer = person.call("DELETE", "me", {"password": PASSWORD})
    assert answer.status_code == 202
    closing_at = clock.parse(answer.json()["closing_at"])
    assert timedelta(days=6, hours=23) < closing_at - clock.now() <= WEEK
    row = person.row
    assert (row.is_active, row.closing_at, row.closing_on) == (False, closing_at, closing_at.date().isoformat())
    assert person.call("GET", "me").status_code == 401
    assert person.sign_in(OTHER_PASSWORD).status_code == 401
    assert person.sign_in().status_code == 201
    row = person.row
    assert row.is_active
    assert row.closing_at is None
    assert row.closing_on is None


def test_a_deleted_account_leaves_its_relationship(stored_hash: str) -> None:
    one, two = new_couple(password_hash=stored_hash)
    endings.end_for(one.id)
    assert Relationship.get(one.relationship_id).status == "ended"
    assert users.find_user(two.id).partner_id is None  # type: ignore[union-attr]


def test_a_couple_that_forms_while_an_account_closes_ends(stored_hash: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = new_member(password_hash=stored_hash), new_member()
    code, end_for = invitations.create_invitation(two, None).code, endings.end_for

    def accept_after(user_id: str) -> None:
        end_for(user_id)
        monkeypatch.setattr(endings, "end_for", end_for)
        accept_invitation(one, code)

    monkeypatch.setattr(endings, "end_for", accept_after)
    account_deletion.close_account(Member(one.id, None, one), PASSWORD)
    rows = users.find_users([one.id, two.id])
    assert [row.is_active for row in rows if row] == [False, True]
    assert [row.partner_id for row in rows if row and row.partner_id] == []


def test_an_account_is_erased_after_7_days_by_one_request(drain: Drain, stored_hash: str) -> None:
    now = clock.now()
    ada, ben = new_member(password_hash=stored_hash), new_member(password_hash=stored_hash)
    close(ada, now - timedelta(seconds=1))
    close(ben, now + timedelta(seconds=1))
    assert account_deletion.expire_accounts(now) == 1
    assert account_deletion.expire_accounts(now) == 1  # a repeated run publishes again
    assert drain() == []
    assert users.find_user(ada.id) is None
    assert users.find_user(ben.id)
    [request] = list(PrivacyRequest.scan())
    assert (request.origin, request.kind) == ("together/deletion", "erase")
    assert account_rows.find_email_owner(ada.email)[0] is None
    assert account_deletion.expire_accounts(now) == 0


def test_nobody_signs_in_to_an_account_whose_erasure_began(stored_hash: str) -> None:
    ada = new_member(password_hash=stored_hash)
    row = close(ada, clock.now())
    assert account_rows.mark_expired(row)
    with pytest.raises(Exception, match="wrong"):
        session_service.sign_in(SignIn(ada.email, PASSWORD, None, None, "198.51.100.1"))


def test_a_sign_in_in_time_wins_against_the_schedule(stored_hash: str) -> None:
    ada = new_member(password_hash=stored_hash)
    row = close(ada, clock.now())
    session_service.sign_in(SignIn(ada.email, PASSWORD, None, None, "198.51.100.1"))
    assert not account_rows.mark_expired(row)
    assert users.find_user(ada.id).is_active  # type: ignore[union-attr]


def test_unverified_accounts_go_after_7_days(api: httpx2.Client, mailbox: Mailbox) -> None:
    late, verified = Person(api), new_account(api, mailbox)
    late.sign_up()
    row = late.row
    assert account_deletion.expire_accounts(row.updated_at + WEEK - timedelta(seconds=1)) == 0
    assert account_deletion.expire_accounts(row.updated_at + WEEK) == 1
    assert users.find_user(row.id) is None
    assert account_rows.find_email_owner(late.email)[0] is None
    assert verified.sign_in().status_code == 201
    assert late.sign_up().status_code == 202


def test_a_verification_in_time_wins_against_the_schedule(api: httpx2.Client, mailbox: Mailbox) -> None:
    person = Person(api)
    person.sign_up()
    before = person.row
    assert person.verify(mailbox.token(person.email, "verify")).status_code == 204
    assert not account_rows.remove_unverified_user(before)
    assert person.sign_in().status_code == 201


def test_one_account_that_fails_ends_no_others_erasure(
    drain: Drain, stored_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    members = [new_member(password_hash=stored_hash) for _ in range(3)]
    for each in members:
        close(each, now)
    end_for = endings.end_for

    def fail_once(user_id: str) -> None:
        if user_id == members[1].id:
            raise Unavailable
        end_for(user_id)

    monkeypatch.setattr(endings, "end_for", fail_once)
    with pytest.raises(RuntimeError, match="1 accounts"):
        account_deletion.expire_accounts(now)
    monkeypatch.undo()
    assert drain() == []
    assert [users.find_user(each.id) is None for each in members] == [True, False, True]
    account_deletion.expire_accounts(now)
    assert drain() == []
    assert users.find_user(members[1].id) is None


def test_a_schedule_that_slept_finds_what_was_due(drain: Drain, stored_hash: str) -> None:
    now = clock.now()
    ada = new_member(password_hash=stored_hash)
    close(ada, now - timedelta(days=12))
    assert account_deletion.expire_accounts(now) == 1
