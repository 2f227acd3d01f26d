"""Crashes of the work on accounts at every call to AWS, each followed by a retry."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.repository import customers
from chalicelib.kit import aws, bound_tokens, clock, messages, passwords, sessions
from chalicelib.kit.accounts.errors import InvalidLink
from chalicelib.kit.accounts.mail_links import LIFETIMES, MailPurpose, link_state
from chalicelib.retention.models import PrivacyRequest
from chalicelib.together.models import Membership, Relationship, User
from chalicelib.together.repository import account_rows, users
from chalicelib.together.service import account_deletion, accounts, email_changes
from tests.retention.crash import Crash, crash_at
from tests.together.accounts import PASSWORD
from tests.together.members import new_couple, new_member

SIDES = ["before-call", "after-call"]


def link(purpose: MailPurpose, user: User) -> str:
    return bound_tokens.make(f"account/{purpose}", user.id, LIFETIMES[purpose], *link_state(purpose, user))


def crash_everywhere(side: str, start: Callable[[], Callable[[], Any]], check: Callable[[], None]) -> int:
    """Crash the work that `start` returns at its first call, its second and so on, retry it, and check.

    Returns the number of crashes.
    """
    nth = 0
    while True:
        nth += 1
        work = start()
        try:
            with crash_at(nth, side, "*"):
                work()
        except Crash:
            with suppress(InvalidLink):  # the link worked before the crash
                work()
            check()
        else:
            return nth - 1


@pytest.fixture(scope="module")
def stored_hash() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
def test_a_verification_gives_one_space_wherever_it_crashes(side: str, stored_hash: str) -> None:
    now = clock.now()
    ids_of_users: list[str] = []

    def start() -> Callable[[], None]:
        name = f"{len(ids_of_users)}@example.com"
        user = User(
            f"u{len(ids_of_users)}",
            email=name,
            display_name="Ada",
            password_hash=stored_hash,
            terms_accepted_at=now,
            created_at=now,
            updated_at=now,
        )
        user.save()
        ids_of_users.append(user.id)
        token = link(MailPurpose.VERIFY, user)
        return lambda: accounts.verify_account(token, PASSWORD, f"198.51.100.{len(ids_of_users)}")

    def check() -> None:
        row = users.find_user(ids_of_users[-1])
        assert row
        assert row.email_verified
        assert [each.relationship_id for each in Membership.query(row.id)] == [row.relationship_id]
        assert Relationship.get(row.relationship_id).user_1_id == row.id

    assert crash_everywhere(side, start, check) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
def test_an_account_expires_by_one_request_wherever_the_schedule_crashes(side: str, stored_hash: str) -> None:
    past = clock.now() - timedelta(minutes=1)
    closed: list[str] = []

    def start() -> Callable[[], int]:
        one, two = new_couple(password_hash=stored_hash)
        closing = {"is_active": False, "closing_at": past, "closing_on": past.date().isoformat()}
        User(one.id).update([getattr(User, name).set(value) for name, value in closing.items()])
        closed[:] = [one.id, two.id]
        return lambda: account_deletion.expire_accounts(clock.now())

    def check() -> None:
        expired, partner = users.find_user(closed[0]), users.find_user(closed[1])
        assert expired
        assert partner
        assert expired.password_hash is None
        assert partner.partner_id is None
        expired.delete()  # what the erasure does

    assert crash_everywhere(side, start, check) >= 5
    assert list(PrivacyRequest.scan()) == []  # the messages are still in their queue


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
def test_an_undone_change_of_the_email_is_whole_wherever_it_crashes(side: str, stored_hash: str) -> None:
    changed: list[User] = []

    def start() -> Callable[[], None]:
        user = new_member(password_hash=stored_hash)
        former, until = f"old-{user.id}@example.com", clock.now() + timedelta(hours=1)
        User(user.id).update([User.former_email.set(former), User.former_email_until.set(until)])
        sessions.new_session(f"member:{user.id}", None).save()
        row = users.find_user(user.id)
        assert row
        changed.append(row)
        token = link(MailPurpose.UNDO_EMAIL, row)
        return lambda: email_changes.undo_change(token)

    def check() -> None:
        before, row = changed[-1], users.find_user(changed[-1].id)
        assert row
        assert row.email == before.former_email
        assert account_rows.find_email_owner(str(before.former_email))[0] == row.id
        assert account_rows.find_email_owner(before.email)[0] is None
        assert sessions.list_sessions(f"member:{row.id}") == []
        assert customers.get(OwnerType.MEMBER, row.id).email == row.email

    assert crash_everywhere(side, start, check) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
def test_a_confirmed_email_is_announced_to_the_former_one_wherever_it_crashes(side: str, stored_hash: str) -> None:
    changed: list[User] = []

    def start() -> Callable[[], None]:
        aws.client("sqs").purge_queue(QueueUrl=messages.queue_url("together-send_notification"))
        user = new_member(password_hash=stored_hash)
        pending, until = f"new-{user.id}@example.com", clock.now() + timedelta(hours=1)
        User(user.id).update([User.pending_email.set(pending), User.pending_email_until.set(until)])
        row = users.find_user(user.id)
        assert row
        changed.append(row)
        token = link(MailPurpose.CONFIRM_EMAIL, row)
        return lambda: email_changes.confirm_change(token)

    def check() -> None:
        before, row = changed[-1], users.find_user(changed[-1].id)
        assert row
        assert (row.email, row.former_email) == (before.pending_email, before.email)
        assert customers.get(OwnerType.MEMBER, row.id).email == row.email
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        url = messages.queue_url("together-send_notification")
        counts = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        assert sum(map(int, counts.values())) >= 1

    assert crash_everywhere(side, start, check) >= 5
