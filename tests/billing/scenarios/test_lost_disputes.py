"""A lost dispute is a refund of its amount, with effect on access, later months, credits, add-ons and gifts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx2

from chalicelib.billing.enums import AddonStatus, DisputeStatus, OwnerType, PaymentStatus
from chalicelib.billing.models import CreditBalance, PaymentTransaction, UserAddon
from chalicelib.billing.service import credits, entitlement, grant_schedule, invariants
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, ledger_sums, listen, make_owner, payments, refund
from tests.billing.dispute_factories import Close, Dispute, close, dispute, read_payment, request_refund
from tests.billing.scenarios.test_late_events import erase
from tests.billing.service.test_gifts import order, redeem
from tests.billing.subscription_factories import Ask, Subscribe, ask, subscribe

__all__ = ["ask", "close", "dispute", "subscribe"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


def test_a_lost_dispute_ends_access_and_is_published(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute
) -> None:
    buy(member, plan="better_together")
    messages = listen()
    dispute("lost")
    assert not entitlement(OwnerType.MEMBER, member.id).has_access
    assert clock.parse(messages()[-1]["access_until"]) <= clock.now()
    item = read_payment(api, member)
    assert (item["status"], item["dispute"]) == ("refunded", "lost")
    assert (item["refunded_amount"], item["lost_amount"]) == ("240.00", "240.00")
    assert invariants.check(clock.now()) == []


def test_a_lost_dispute_takes_the_plan_s_credits_and_later_months(
    member: Owner, buy: Buy, dispute: Dispute, pass_time: Buy
) -> None:
    buy(member, plan="better_together")
    before = clock.now()
    pass_time(days=31)
    grant_schedule.grant_due_months(clock.now(), before)
    assert balances() == {member.relationship_id: 80}
    dispute("lost")
    assert balances() == {member.relationship_id: 0}
    before = clock.now()
    pass_time(days=62)
    grant_schedule.grant_due_months(clock.now(), before)
    assert balances() == {member.relationship_id: 0}
    ledger_sums()


def test_a_full_refund_takes_the_plan_s_credits_and_records_spent_ones_as_shortfall(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, credit_pack="credits_50")
    buy(member, plan="better_together")
    credits.spend_credits(OwnerType.MEMBER, member.id, 30, "k")
    plan = next(row for row in payments() if row.amount == 240)
    refund(stripe_sandbox, plan.stripe_charge_id)
    assert drain() == []
    (head,) = CreditBalance.scan()
    assert (head.balance, head.shortfall) == (50, 30), "what another payment bought stays"
    ledger_sums()


def test_a_partial_loss_of_a_year_keeps_access_and_takes_its_share_of_each_month(
    member: Owner, buy: Buy, dispute: Dispute, pass_time: Buy
) -> None:
    buy(member, plan="better_together")
    dispute("lost", amount=6000)
    assert entitlement(OwnerType.MEMBER, member.id).has_access
    assert balances() == {member.relationship_id: 30}
    before = clock.now()
    pass_time(days=62)
    grant_schedule.grant_due_months(clock.now(), before)
    assert balances() == {member.relationship_id: 90}


def test_a_bank_debit_dispute_is_lost_when_opened(member: Owner, buy: Buy, dispute: Dispute) -> None:
    buy(member, plan="better_together")
    dispute(status="lost")
    assert not entitlement(OwnerType.MEMBER, member.id).has_access


def test_a_loss_that_is_reversed_restores_everything(
    member: Owner, buy: Buy, dispute: Dispute, stripe_sandbox: StripeSandbox, drain: Drain, pass_time: Buy
) -> None:
    """Stripe reports it only by `funds_reinstated` on a dispute that is won now."""
    buy(member, plan="better_together")
    lost = dispute("lost")
    before = clock.now()
    pass_time(days=31)
    grant_schedule.grant_due_months(clock.now(), before)
    assert balances() == {member.relationship_id: 0}
    with stripe_sandbox.store() as stripe:
        row = stripe.get("dispute", lost)
        row["status"] = "won"
        stripe.emit("charge.dispute.funds_reinstated", row)
    stripe_sandbox.drain()
    assert drain() == []
    (payment,) = payments()
    assert (payment.status, payment.refunded_amount, payment.dispute) == (
        PaymentStatus.COMPLETED,
        Decimal(0),
        DisputeStatus.WON,
    )
    assert entitlement(OwnerType.MEMBER, member.id).has_access
    grant_schedule.grant_due_months(clock.now(), None)  # the month is due today, whatever its start
    assert balances() == {member.relationship_id: 80}
    lots = CreditBalance.get(member.relationship_id).lots
    assert all(lot["expires_at"] for lot in lots), "granted credits lapse as before"
    ledger_sums()


def test_credits_restored_during_a_dispute_are_suspended(
    member: Owner, buy: Buy, dispute: Dispute, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, credit_pack="credits_200")
    back = refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    dispute()
    stripe_sandbox.settle_refund(back, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    (head,) = CreditBalance.scan()
    assert (head.balance, head.suspended) == (200, 200)


def test_a_lost_dispute_ends_an_addon(member: Owner, buy: Buy, dispute: Dispute, close: Close) -> None:
    buy(member, addon="coaching_session")
    lost = dispute("lost")
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.CANCELED]
    close(lost, "won")
    assert [row.status for row in UserAddon.scan()] == [AddonStatus.ACTIVE]


def test_a_redeemed_gift_ends_with_its_payment_and_the_buyer_s_payment_names_no_recipient(
    api: httpx2.Client, member: Owner, dispute: Dispute, stripe_sandbox: StripeSandbox, drain: Drain, pass_time: Buy
) -> None:
    started, recipient = order(api, member).json(), make_owner(Role.MEMBER)
    stripe_sandbox.complete_checkout(started["checkout"]["id"])
    assert drain() == []
    assert redeem(api, recipient, started["gift"]["code"]).status_code == 200
    before = clock.now()
    pass_time(days=31)
    grant_schedule.grant_due_months(clock.now(), before)
    assert balances() == {recipient.relationship_id: 80}
    (payment,) = payments()
    assert str(recipient.relationship_id) not in str(payment.attribute_values)
    dispute("lost")
    assert not entitlement(OwnerType.MEMBER, recipient.id).has_access
    assert balances() == {recipient.relationship_id: 0}
    before = clock.now()
    pass_time(days=31)
    grant_schedule.grant_due_months(clock.now(), before)
    assert balances() == {recipient.relationship_id: 0}


def test_a_dispute_of_an_erased_owner_s_payment_is_stored(
    member: Owner, buy: Buy, dispute: Dispute, drain: Drain
) -> None:
    buy(member, credit_pack="credits_200")
    buy(member, plan="better_together")
    erase(member, drain)
    dispute("lost")
    newest = max(payments(), key=lambda row: row.created_at)
    assert (newest.dispute, newest.status) == (DisputeStatus.LOST, PaymentStatus.REFUNDED)
    assert list(CreditBalance.scan()) == []


def test_a_reversed_period_is_not_credited_to_another_plan(
    store: Owner, subscribe: Subscribe, ask: Ask, dispute: Dispute, pass_time: Buy, drain: Drain
) -> None:
    """Stripe would credit the unused rest of an unpaid year."""
    subscribe(store, "starter", billing_cycle="annual")
    pass_time(days=366)
    assert drain() == []
    assert ask(store, "preview", plan="professional", billing_cycle="monthly").status_code == 200
    dispute("lost")
    for verb in ("preview", "change"):
        refused = ask(store, verb, plan="professional", billing_cycle="monthly")
        assert (refused.status_code, refused.json()["code"]) == (409, "PaymentReversed")


def test_a_loss_stored_by_an_earlier_release_counts(
    api: httpx2.Client, member: Owner, buy: Buy, dispute: Dispute, pass_time: Buy
) -> None:
    """It stored that a dispute was lost and no amount."""
    buy(member, plan="better_together")
    (payment,) = payments()
    payment.update(actions=[PaymentTransaction.dispute.set(DisputeStatus.LOST)])
    refused = request_refund(api, member)
    assert (refused.status_code, refused.json()["code"]) == (409, "NotRefundable")
    before = clock.now()
    pass_time(days=31)
    grant_schedule.grant_due_months(clock.now(), before)
    assert balances() == {member.relationship_id: 40}
