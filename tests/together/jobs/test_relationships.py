"""Tests of what follows a new couple and its end: ledgers, the inviter's notice, spaces that were left empty."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing import service as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.repository import credits
from chalicelib.billing.schemas.credits import CreditGrant
from chalicelib.billing.service.credits import grant_credits
from chalicelib.kit import clock, ids, messages
from chalicelib.kit.tables import Transaction
from chalicelib.together.enums import DateKind
from chalicelib.together.models import ImportantDate, Notification, Relationship, User
from chalicelib.together.schemas.messages import RelationshipSettled
from chalicelib.together.service.acceptance import accept_invitation
from chalicelib.together.service.endings import end_for, end_relationship
from chalicelib.together.service.invitations import create_invitation
from chalicelib.together.service.settlements import KEEP_EMPTY, settle_relationship
from tests.retention.crash import Crash, crash_at
from tests.together.kinds import add_rows
from tests.together.members import new_member

Drain = Callable[[], list[Any]]


def _registered(name: str, amount: int = 0, lots: int = 1) -> User:
    """Return a member who is registered at billing, with credits in their own ledger."""
    user = new_member(name)
    billing.register_customer("member", user.id, user.email)
    for _ in range(lots if amount else 0):
        body = CreditGrant(owner_type=OwnerType.MEMBER, owner_id=user.id, amount=amount, reason="test")
        grant_credits(body, ids.new())
    return user


def _pair(inviter: User, acceptor: User) -> str:
    return accept_invitation(acceptor, create_invitation(inviter, None).code)


def _balances(*ledgers: str) -> list[int]:
    return [credits.balance(each).balance for each in ledgers]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[RelationshipSettled]:
    """The messages about relationships, which are not sent."""
    kept: list[RelationshipSettled] = []
    send = messages.publish

    def keep(message: messages.Message, delay_seconds: int = 0) -> None:
        if isinstance(message, RelationshipSettled):
            kept.append(message)
        else:
            send(message, delay_seconds)

    monkeypatch.setattr(messages, "publish", keep)
    return kept


def test_credits_move_to_the_couples_ledger_and_back_to_their_owners(drain: Drain) -> None:
    ada, ben = _registered("Ada", 30), _registered("Ben", 12)
    joint = _pair(ada, ben)
    assert drain() == []
    assert _balances(joint, ada.id, ben.id) == [42, 0, 0]
    assert billing.spend_credits(OwnerType.MEMBER, ben.id, 2, "key").relationship_id == joint
    end_relationship(ada)
    assert drain() == []
    assert _balances(joint) == [0]
    assert sum(_balances(ada.id, ben.id)) == 40
    assert billing.spend_credits(OwnerType.MEMBER, ben.id, 1, "next").relationship_id == ben.id


def test_messages_that_come_twice_and_reversed_leave_the_credits_where_they_belong(
    published: list[RelationshipSettled],
) -> None:
    ada, ben, eve = _registered("Ada", 5), _registered("Ben", 7), _registered("Eve", 11)
    first = _pair(ada, ben)
    end_relationship(ben)
    second = _pair(eve, User.get(ben.id))
    history = [*published, *published]
    for seed in range(6):
        random.Random(seed).shuffle(history)
        for message in history:
            settle_relationship(message)
        assert _balances(first, second, ada.id, ben.id, eve.id) == [0, 18, 5, 0, 0]


def test_a_settlement_that_is_killed_at_any_call_loses_and_doubles_nothing(
    published: list[RelationshipSettled],
) -> None:
    for step in itertools.count(1):
        published.clear()
        ada, ben = _registered("Ada", 3), _registered("Ben", 4)
        joint = _pair(ada, ben)
        with suppress(Crash):
            with crash_at(step, "before-call"):
                settle_relationship(published[0])
            break
        assert sum(_balances(joint, ada.id, ben.id)) == 7
        settle_relationship(published[0])
        assert _balances(joint, ada.id, ben.id) == [7, 0, 0]
    assert step > 5


def test_ninety_lots_of_one_who_accepts_move_although_the_worker_is_killed_between_two_steps(
    published: list[RelationshipSettled],
) -> None:
    ada, ben = _registered("Ada"), _registered("Ben", 1, lots=90)
    joint = _pair(ada, ben)
    commits = 0
    commit = Transaction._commit

    def crash_after_two(transaction: Transaction) -> None:
        nonlocal commits
        commits += 1
        if commits == 3:
            raise Crash
        commit(transaction)

    with pytest.MonkeyPatch.context() as patch, suppress(Crash):
        patch.setattr(Transaction, "_commit", crash_after_two)
        settle_relationship(published[0])
    part, rest = _balances(joint, ben.id)
    assert part + rest == 90
    assert 0 < part < 90
    settle_relationship(published[0])
    assert _balances(joint, ben.id) == [90, 0]


def test_the_inviter_gets_one_notice_without_a_name(published: list[RelationshipSettled]) -> None:
    ada, ben = _registered("Ada"), _registered("Benedict")
    _pair(ada, ben)
    for _ in range(2):
        settle_relationship(published[0])
    [notice] = Notification.query(ada.id)
    assert "Benedict" not in f"{notice.title} {notice.body}"
    assert list(Notification.query(ben.id)) == []


def test_reminders_of_the_inviters_dates_are_planned_for_both(published: list[RelationshipSettled]) -> None:
    ada, ben = _registered("Ada"), _registered("Ben")
    now = clock.now()
    row = ImportantDate(
        ada.relationship_id,
        ids.new(),
        title="The first day",
        date_value=(now + timedelta(days=40)).date(),
        is_recurring=False,
        kind=DateKind.OTHER,
        created_by=ada.id,
        created_at=now,
        updated_at=now,
    )
    row.save()
    _pair(ada, ben)
    for _ in range(2):
        settle_relationship(published[0])
    for user in (ada, ben):
        assert [notice.subject_id for notice in Notification.query(user.id) if notice.subject_id] == [row.id]


def test_nobody_gets_a_notice_of_the_end(drain: Drain) -> None:
    ada, ben = _registered("Ada"), _registered("Ben")
    _pair(ada, ben)
    assert drain() == []
    before = [len(list(Notification.query(user.id))) for user in (ada, ben)]
    end_relationship(User.get(ada.id))
    assert drain() == []
    assert [len(list(Notification.query(user.id))) for user in (ada, ben)] == before


def test_a_space_that_was_left_empty_expires_and_another_does_not(published: list[RelationshipSettled]) -> None:
    for is_empty in (True, False):
        ada, ben = _registered("Ada"), _registered("Ben")
        space = str(ben.relationship_id)
        if not is_empty:
            add_rows(ben, space, 1)
        _pair(ada, ben)
        settle_relationship(published[-1])
        expiry = Relationship.get(space).expires_epoch
        assert (expiry is not None) is is_empty
        assert expiry is None or abs(expiry - clock.now() - KEEP_EMPTY) < timedelta(minutes=5)


def test_a_message_about_a_deleted_relationship_is_ignored() -> None:
    settle_relationship(RelationshipSettled(event_id="x/ended", relationship_id="x", former_relationship_ids=("y",)))
    assert [*Notification.scan()] == []
    assert _balances("x", "y") == [0, 0]


def test_an_account_that_closes_leaves_its_couple_and_its_invitation(published: list[RelationshipSettled]) -> None:
    ada, ben = _registered("Ada"), _registered("Ben")
    _pair(ada, ben)
    for _ in range(2):
        end_for(ada.id)
    assert [message.event_id.rpartition("/")[2] for message in published] == ["joined", "ended", "ended"]
    assert User.get(ben.id).partner_id is None
    ada = User.get(ada.id)
    create_invitation(ada, None)
    end_for(ada.id)
    assert Relationship.get(ada.relationship_id).invite_code is None
    end_for("nobody")


def test_a_repeated_request_publishes_what_a_crash_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = _registered("Ada"), _registered("Ben")
    code = create_invitation(ada, None).code
    kept: list[messages.Message] = []

    def crash(message: messages.Message) -> None:
        raise Crash

    for act in (lambda: accept_invitation(ben, code), lambda: end_relationship(ada)):
        monkeypatch.setattr(messages, "publish", crash)
        with pytest.raises(Crash):
            act()
        monkeypatch.setattr(messages, "publish", kept.append)
        act()
    assert [message.event_id.rpartition("/")[2] for message in kept if isinstance(message, RelationshipSettled)] == [
        "joined",
        "ended",
    ]
