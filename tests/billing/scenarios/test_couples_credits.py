"""Credits of a couple: lots go with their owner when the couple forms and ends, and refunds find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.billing.domain.credit_transfers import LOTS_PER_TRANSFER
from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.models import CreditBalance, CreditEntry
from chalicelib.billing.service import move_credits, register_customer, return_credits, spend_credits
from chalicelib.kit import ids
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner, balances, ledger_sums, listen, operator_grant, payments, refund
from tests.retention.crash import Crash, crash_at

Buy = Callable[..., Any]
Drain = Callable[[], list[Any]]


def settle(event: str, member: Owner, source: str, target: str, **options: bool) -> None:
    """Register the member with the ledger `target`, then move their credits there."""
    couple = None if target == member.id else target
    register_customer("member", member.id, f"{member.id[:8]}@example.com", relationship_id=couple)
    move_credits(event, source, target, member.id, **options)


def alone(member: Owner) -> Owner:
    register_customer("member", member.id, f"{member.id[:8]}@example.com")
    return Owner(member.id, member.headers, None)


@pytest.fixture
def couple(member: Owner) -> tuple[Owner, Owner, str]:
    """Two members who share a ledger, and its id; neither has credits."""
    partner, relationship_id = ids.new(), ids.new()
    register_customer("member", partner, "ben@example.com", relationship_id=relationship_id)
    register_customer("member", member.id, "ada@example.com", relationship_id=relationship_id)
    return Owner(member.id, member.headers, relationship_id), Owner(partner, {}, relationship_id), relationship_id


def debts() -> dict[str, dict[str, int]]:
    return {row.relationship_id: row.debts for row in CreditBalance.scan() if row.debts}


def total() -> int:
    """Return the sum over all ledgers: what they hold, less what is owed."""
    return sum(row.balance - row.shortfall for row in CreditBalance.scan())


def test_accept_and_end_move_each_lot_with_its_owner(member: Owner) -> None:
    ada, ben, relationship_id = alone(member), alone(Owner(ids.new(), {}, None)), ids.new()
    operator_grant(ada, 30, "a test")
    operator_grant(ben, 12, "a test")
    settle("accept", ada, ada.id, relationship_id)
    settle("accept", ben, ben.id, relationship_id)
    assert balances() == {ada.id: 0, ben.id: 0, relationship_id: 42}
    for event in ("end", "end"):
        settle(event, ada, relationship_id, ada.id)
        settle(event, ben, relationship_id, ben.id)
    assert balances() == {ada.id: 30, ben.id: 12, relationship_id: 0}
    ledger_sums()
    kinds = [row.entry_type for row in CreditEntry.scan()]
    assert kinds.count(EntryType.TRANSFER) == 8


def test_a_late_event_moves_nothing_back(member: Owner) -> None:
    """The accept's message is delivered again after the end."""
    ada, relationship_id = alone(member), ids.new()
    operator_grant(ada, 30, "a test")
    settle("accept", ada, ada.id, relationship_id)
    settle("end", ada, relationship_id, ada.id)
    move_credits("accept", ada.id, relationship_id, ada.id)
    assert balances() == {ada.id: 30, relationship_id: 0}


def test_a_member_who_has_a_new_couple_takes_late_lots_there(member: Owner) -> None:
    """The end's message arrives after the next accept was settled."""
    ada, first, second = alone(member), ids.new(), ids.new()
    operator_grant(ada, 30, "a test")
    settle("accept", ada, ada.id, first)
    settle("accept again", ada, ada.id, second)
    move_credits("end", first, ada.id, ada.id)
    assert {name: left for name, left in balances().items() if left} == {second: 30}
    ledger_sums()


@pytest.mark.parametrize("when", ["before-call", "after-call"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_transfer_that_is_killed_between_steps_continues(member: Owner, when: str, nth: int) -> None:
    ada, relationship_id = alone(member), ids.new()
    for _ in range(2 * LOTS_PER_TRANSFER + 5):
        operator_grant(ada, 1, "a test")
    with pytest.raises(Crash), crash_at(nth, when, "TransactWriteItems"):
        settle("accept", ada, ada.id, relationship_id)
    assert sum(balances().values()) == 2 * LOTS_PER_TRANSFER + 5
    ledger_sums()
    settle("accept", ada, ada.id, relationship_id)
    assert balances() == {ada.id: 0, relationship_id: 2 * LOTS_PER_TRANSFER + 5}
    ledger_sums()


def test_lots_of_an_earlier_release_go_to_the_first_member(couple: tuple[Owner, Owner, str]) -> None:
    ada, ben, relationship_id = couple
    operator_grant(ben, 5, "a test")
    head = CreditBalance.get(relationship_id)
    head.update([CreditBalance.lots.set([{"lot_id": "old", "remaining": 5}]), CreditBalance.shortfall.set(2)])
    settle("end", ben, relationship_id, ben.id)
    settle("end", ada, relationship_id, ada.id, includes_unowned=True)
    assert {name: left for name, left in balances().items() if left} == {ada.id: 5}
    assert debts() == {ada.id: {ada.id: 2}}


def test_a_buyer_who_is_refunded_after_the_end_owes_alone(
    couple: tuple[Owner, Owner, str], buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    ada, ben, relationship_id = couple
    buy(ada, credit_pack="credits_50")
    operator_grant(ben, 20, "a test")
    spend_credits(OwnerType.MEMBER, ben.id, 60, "ideas")
    left = total()
    for each in (ada, ben):
        settle("end", each, relationship_id, each.id)
    adas, bens = balances().get(ada.id, 0), balances().get(ben.id, 0)
    assert total() == left == adas + bens == 10
    [payment] = payments()
    back = refund(stripe_sandbox, payment.stripe_charge_id)
    assert drain() == []
    assert total() == left - 50
    assert (balances()[ada.id], balances().get(ben.id, 0)) == (0, bens)
    assert debts() == {ada.id: {ada.id: 50 - adas}}
    stripe_sandbox.settle_refund(back, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    assert total() == left
    assert debts() == {}
    assert (balances()[ada.id], balances().get(ben.id, 0)) == (adas, bens)
    ledger_sums()


def test_a_pack_that_was_used_up_is_owed_in_the_buyers_present_ledger(
    couple: tuple[Owner, Owner, str], buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """The buyer has formed another couple since: the new partner's credits are not taken for it."""
    ada, _, relationship_id = couple
    buy(ada, credit_pack="credits_50")
    spend_credits(OwnerType.MEMBER, ada.id, 50, "ideas")
    settle("end", ada, relationship_id, ada.id)
    again = ids.new()
    settle("accept again", ada, ada.id, again)
    refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert debts() == {again: {ada.id: 50}}
    settle("end again", ada, again, ada.id)
    assert debts() == {ada.id: {ada.id: 50}}


def test_a_dispute_suspends_a_lot_that_has_moved(
    couple: tuple[Owner, Owner, str], buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    ada, _, relationship_id = couple
    buy(ada, credit_pack="credits_50")
    settle("end", ada, relationship_id, ada.id)
    dispute = stripe_sandbox.open_dispute(str(payments()[0].stripe_charge_id))
    stripe_sandbox.drain()
    assert drain() == []
    assert {row.relationship_id: row.suspended for row in CreditBalance.scan()} == {ada.id: 50, relationship_id: 0}
    settle("accept again", ada, ada.id, "another")
    stripe_sandbox.close_dispute(dispute["id"], "lost")
    stripe_sandbox.drain()
    assert drain() == []
    assert sum(balances().values()) == 0
    ledger_sums()


def test_a_refund_finds_a_lot_of_an_unfinished_transfer(
    couple: tuple[Owner, Owner, str], buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    ada, _, relationship_id = couple
    for _ in range(LOTS_PER_TRANSFER):
        operator_grant(ada, 1, "a test")
    buy(ada, credit_pack="credits_50")
    with pytest.raises(Crash), crash_at(2, "before-call", "TransactWriteItems"):
        settle("end", ada, relationship_id, ada.id)
    assert sorted(balances().values())[0] > 0
    refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert debts() == {}
    settle("end", ada, relationship_id, ada.id)
    assert balances() == {relationship_id: 0, ada.id: LOTS_PER_TRANSFER}
    ledger_sums()


def test_monthly_credits_are_taken_back_where_their_lots_are(
    couple: tuple[Owner, Owner, str], buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    ada, ben, relationship_id = couple
    buy(ada, plan="try_it_out")
    operator_grant(ben, 9, "a test")
    spend_credits(OwnerType.MEMBER, ada.id, 5, "ideas")
    settle("end", ada, relationship_id, ada.id)
    settle("end", ben, relationship_id, ben.id)
    assert balances() == {relationship_id: 0, ada.id: 15, ben.id: 9}
    back = refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert balances() == {relationship_id: 0, ada.id: 0, ben.id: 9}
    assert debts() == {ada.id: {ada.id: 5}}
    stripe_sandbox.settle_refund(back, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    assert balances() == {relationship_id: 0, ada.id: 15, ben.id: 9}
    assert debts() == {}
    ledger_sums()


def test_returned_credits_go_to_the_owner_of_each_lot(couple: tuple[Owner, Owner, str]) -> None:
    """The couple ends between the spend and its return."""
    ada, ben, relationship_id = couple
    operator_grant(ada, 6, "a test")
    operator_grant(ben, 6, "a test")
    spend_credits(OwnerType.MEMBER, ada.id, 8, "idea")
    settle("end", ada, relationship_id, ada.id)
    settle("end", ben, relationship_id, ben.id)
    assert not return_credits(OwnerType.MEMBER, ada.id, "another")
    assert not return_credits(OwnerType.MEMBER, ben.id, "idea")
    for _ in range(2):
        assert return_credits(OwnerType.MEMBER, ada.id, "idea", "not delivered")
    assert balances() == {relationship_id: 0, ada.id: 6, ben.id: 6}
    ledger_sums()


def test_a_return_that_is_killed_returns_once(member: Owner) -> None:
    operator_grant(member, 6, "a test")
    spend_credits(OwnerType.MEMBER, member.id, 4, "idea")
    heard = listen("billing-credits_changed")
    for when in ("before-call", "after-call"):
        with pytest.raises(Crash), crash_at(1, when, "TransactWriteItems"):
            return_credits(OwnerType.MEMBER, member.id, "idea")
    assert heard() == []
    assert return_credits(OwnerType.MEMBER, member.id, "idea")
    assert balances() == {member.relationship_id: 6}
    assert [message["balance"] for message in heard()] == [6]


def test_a_return_after_a_refund_settles_what_is_owed(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, credit_pack="credits_50")
    spend_credits(OwnerType.MEMBER, member.id, 5, "idea")
    refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert total() == -5
    for _ in range(2):
        assert return_credits(OwnerType.MEMBER, member.id, "idea")
    assert (total(), balances(), debts()) == (0, {member.relationship_id: 0}, {})
