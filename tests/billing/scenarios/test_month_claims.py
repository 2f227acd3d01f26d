"""Claims of payments on a calendar month of credits, their reversals and races."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.billing.domain import monthly_grants
from chalicelib.billing.domain.payments import kept_share
from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.errors import InsufficientCredits
from chalicelib.billing.models import (
    CreditBalance,
    CreditEntry,
    MonthlyGrant,
    PaymentTransaction,
)
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.service import credits, register_customer
from chalicelib.kit import clock, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Unavailable
from tests.billing.conftest import Owner, balances, entries, ledger_sums, make_owner
from tests.billing.payment_factories import AUGUST, claimed, pay, reverse
from tests.examples import examples

sizes = st.sampled_from([20, 40, 80])


steps = st.lists(
    st.tuples(st.sampled_from(["pay", "repeat", "1", "0.5", "0.25", "0", "spend", "move"]), st.integers(0, 7), sizes),
    max_size=14,
)


@settings(max_examples=examples(10), suppress_health_check=list(HealthCheck))
@given(walk=steps)
def test_a_month_grants_between_the_remaining_and_the_largest_payment(
    member: Owner, walk: list[tuple[str, int, int]]
) -> None:
    """Even if credits are spent and the owner's ledger changes in between."""
    owner = make_owner(Role.MEMBER)
    created: list[PaymentTransaction] = []
    largest = 0
    for step, number, size in walk:
        chosen = created[number % len(created)] if created else None
        if step == "pay":
            created.append(pay(owner, size))
            largest = max(largest, size)
        elif step == "move":
            register_customer("member", owner.id, "a@example.com", relationship_id=str(uuid.uuid4()))
        elif step == "spend":
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(clock, "now", lambda: AUGUST)
                with suppress(InsufficientCredits):
                    credits.spend_credits(OwnerType.MEMBER, owner.id, size // 2, ids.new())
        elif chosen is not None and step == "repeat":
            pay(owner, size, chosen)
        elif chosen is not None:
            reverse(chosen, step)
        rows = [payment_rows.get(row.id) for row in created]
        stays = max(
            (kept_share(size, row.amount, row.refunded_amount) for row in rows for size in claimed(row)), default=0
        )
        granted = sum(row.granted for row in MonthlyGrant.query(f"member/{owner.id}"))
        spent = sum(-row.amount for row in entries() if row.entry_type is EntryType.USAGE)
        owed = sum(row.shortfall for row in CreditBalance.scan())
        assert stays <= granted <= largest
        assert sum(balances().values()) - owed + spent == stays
        ledger_sums()
    for model in (CreditBalance, CreditEntry):
        for row in model.scan():
            row.delete()


def test_concurrent_claims_grant_the_largest_payment(member: Owner) -> None:
    def claim(size: int) -> None:
        while True:
            try:
                pay(member, size)
            except Unavailable:
                continue
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(claim, [20, 40, 80, 20] * 4))
    assert balances() == {member.relationship_id: 80}
    assert MonthlyGrant.get(f"member/{member.id}", "2027-08").claims == {"20": 8, "40": 4, "80": 4}
    ledger_sums()


def test_a_refund_takes_back_from_the_ledger_that_was_credited(member: Owner) -> None:
    """The current ledger gets the difference, and a refund takes it from there."""
    small = pay(member, 20)
    joined = str(uuid.uuid4())
    register_customer("member", member.id, "a@example.com", relationship_id=joined)
    large = pay(member, 80)
    assert balances() == {member.relationship_id: 20, joined: 60}
    reverse(large)
    assert balances() == {member.relationship_id: 20, joined: 0}
    reverse(large, "0")
    assert balances() == {member.relationship_id: 20, joined: 60}
    reverse(small)
    assert balances() == {member.relationship_id: 20, joined: 60}
    reverse(large)
    assert balances() == {member.relationship_id: 0, joined: 0}
    ledger_sums()


def test_the_refund_of_a_year_is_one_small_transaction(member: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = pay(member, 40)
    for number in range(1, 13):
        payment = pay(member, 40, payment, monthly_grants.add_months(AUGUST, number))
    assert balances() == {member.relationship_id: 13 * 40}
    reverse(payment)
    assert balances() == {member.relationship_id: 0}
    assert [entry.amount for entry in entries() if entry.entry_type is EntryType.REFUND] == [-13 * 40]
    reverse(payment, "0")
    assert balances() == {member.relationship_id: 13 * 40}
    ledger_sums()
