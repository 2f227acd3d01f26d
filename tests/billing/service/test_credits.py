"""Spending: one conditional transaction, never below zero, once per request key, earliest expiry first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.domain.credit_ledger import CreditLedger
from chalicelib.billing.domain.credit_lots import CreditLot, NotEnough
from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.service import credits, register_customer
from chalicelib.kit import ids
from chalicelib.kit.errors import IdempotencyConflict
from tests.billing.conftest import Owner, balances, entries, ledger_sums, operator_grant
from tests.billing.service.concurrent_spends import spend
from tests.timeouts import LIMIT

NOW = datetime(2027, 5, 1, tzinfo=UTC)


def grant(member: Owner, amount: int, days: int | None = None) -> None:
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    operator_grant(member, amount, "a test", expires_at)


def test_fifty_threads_spend_the_last_credit_once(member: Owner) -> None:
    grant(member, 1)
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda n: spend(member.id, 1, f"key {n}"), range(50)))
    assert (answers.count("spent"), answers.count("refused")) == (1, 49)
    assert balances() == {member.relationship_id: 0}
    ledger_sums()


def test_processes_never_spend_more_than_the_balance(member: Owner) -> None:
    grant(member, 7)
    command = [sys.executable, "-m", "tests.billing.service.concurrent_spends", member.id]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen([*command, str(n)], **pipes) for n in range(4)]
    answers = [line for worker in workers for line in worker.communicate(timeout=LIMIT)[0].split()]
    assert (answers.count("spent"), answers.count("refused")) == (7, 13)
    ledger_sums()


def test_one_key_spends_once(member: Owner) -> None:
    grant(member, 10)
    with ThreadPoolExecutor(8) as pool:
        entry_ids = set(pool.map(lambda _: credits.spend_credits(OwnerType.MEMBER, member.id, 3, "key").id, range(8)))
    assert len(entry_ids) == 1
    assert balances() == {member.relationship_id: 7}
    with pytest.raises(ValueError, match="at least one credit"):
        credits.spend_credits(OwnerType.MEMBER, member.id, 0, "other")


def test_a_key_of_another_request_spends_nothing(member: Owner) -> None:
    grant(member, 100)
    credits.spend_credits(OwnerType.MEMBER, member.id, 5, "key", "a letter")
    for amount, reason in ((50, "a letter"), (5, "a poem")):
        with pytest.raises(IdempotencyConflict):
            credits.spend_credits(OwnerType.MEMBER, member.id, amount, "key", reason)
    assert balances() == {member.relationship_id: 95}


def test_one_key_spends_once_after_a_change_of_couple(member: Owner) -> None:
    grant(member, 100)
    spent = credits.spend_credits(OwnerType.MEMBER, member.id, 5, "key")
    register_customer("member", member.id, "a@example.com", relationship_id=ids.new())
    grant(member, 100)
    again = credits.spend_credits(OwnerType.MEMBER, member.id, 5, "key")
    assert (again.id, again.relationship_id) == (spent.id, member.relationship_id)
    assert sorted(balances().values()) == [95, 100]


def test_both_partners_may_use_one_key(member: Owner) -> None:
    """Keys belong to the caller."""
    grant(member, 10)
    partner = ids.new()
    register_customer("member", partner, "b@example.com", relationship_id=member.relationship_id)
    for owner_id in (member.id, partner):
        credits.spend_credits(OwnerType.MEMBER, owner_id, 3, "key")
    assert balances() == {member.relationship_id: 4}


def test_credits_that_expire_first_are_spent_first(member: Owner) -> None:
    grant(member, 5)
    grant(member, 5, days=90)
    grant(member, 5, days=30)
    credits.spend_credits(OwnerType.MEMBER, member.id, 7, "k")
    left = credits.read_balance(OwnerType.MEMBER, member.id).lots
    assert sorted(lot["remaining"] for lot in left) == [3, 5]
    assert [entry.entry_type for entry in entries()][-1] is EntryType.USAGE


amounts = st.integers(1, 50)
lot_lists = st.lists(
    st.builds(
        CreditLot,
        lot_id=st.uuids().map(str),
        remaining=amounts,
        expires_at=st.none() | st.integers(-5, 5).map(lambda days: NOW + timedelta(days=days)),
        is_suspended=st.booleans(),
    ),
    max_size=6,
)


def book(held: Iterable[CreditLot]) -> CreditLedger:
    held = tuple(held)
    return CreditLedger(sum(lot.remaining for lot in held), 0, held, NOW, ids.new)


@given(lot_lists, amounts)
def test_a_ledger_is_always_the_sum_of_its_lots_and_entries(held: list[CreditLot], amount: int) -> None:
    opened = book(held)
    before, available = opened.balance, opened.available
    try:
        opened.spend(amount, "k", None)
        assert amount <= available
        assert opened.available == available - amount
    except NotEnough:
        assert amount > available
    assert opened.balance == before + sum(entry.amount for entry in opened.entries)
    assert opened.balance == sum(lot.remaining for lot in opened.lots) >= 0
    assert all(lot.remaining > 0 for lot in opened.lots)


@given(lot_lists, amounts, amounts)
def test_a_reversal_and_its_restoration_cancel_out(held: list[CreditLot], bought: int, taken: int) -> None:
    opened = book(held)
    opened.credit(EntryType.PURCHASE, bought, "p", "bought", None, "pay", "pay")
    before = (opened.balance, opened.shortfall)
    opened.take_back("pay", taken, "r", "refunded", "pay")
    assert opened.balance >= 0
    assert opened.balance - opened.shortfall == before[0] - taken
    opened.give_back("pay", taken, "f", "failed", "pay")
    assert (opened.balance, opened.shortfall) == before
