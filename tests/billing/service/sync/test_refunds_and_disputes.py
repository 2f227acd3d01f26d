"""Reversals of a payment that was tried more than once, refunded and disputed, or changed by concurrent events."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import httpx2
import pytest

from chalicelib.billing.enums import AddonStatus, OwnerType, PaymentStatus
from chalicelib.billing.models import CreditBalance, UserAddon
from chalicelib.billing.service import entitlement, register_customer
from chalicelib.billing.service.sync import intake
from chalicelib.kit.auth import Role
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import (
    Interleave,
    Json,
    Owner,
    balances,
    ledger_sums,
    make_owner,
    of_type,
    operator_grant,
    payments,
    refund,
)
from tests.billing.subscription_factories import Ask, Drain, Subscribe, ask, at_stripe, subscribe

__all__ = ["ask", "subscribe"]


def deliver(stripe_sandbox: StripeSandbox, drain: Drain, events: list[Json]) -> None:
    stripe_sandbox.deliver(events)
    assert drain() == []


@pytest.fixture
def merged_ledgers(member: Owner, buy: Callable[..., list[Json]]) -> dict[str, int]:
    """Buy credits, then join a partner with 100 credits; return both balances."""
    buy(member, credit_pack="credits_200")
    partner, joined = make_owner(Role.MEMBER), str(uuid.uuid4())
    for owner in (partner, member):
        register_customer("member", owner.id, f"{owner.id[:8]}@example.com", relationship_id=joined)
    operator_grant(partner, 100, "welcome", None)
    expected = {str(member.relationship_id): 200, joined: 100}
    assert balances() == expected
    return expected


@pytest.fixture
def retried_purchase(
    member: Owner, checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox, drain: Drain
) -> tuple[str, list[Json]]:
    """Buy credits with a payment that fails first; return the charge and the undelivered events of the success."""
    stripe_sandbox.hold_events = True
    stripe_sandbox.complete_checkout(checkout(member, None, credit_pack="credits_200").json()["id"])
    success = stripe_sandbox.held()
    with stripe_sandbox.store() as stripe:
        (intent,), (charge,) = stripe.all("payment_intent"), stripe.all("charge")
        paid = dict(intent)
        intent |= {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}}
        stripe.emit("payment_intent.payment_failed", intent)
    stripe_sandbox.drain()
    failure = [event for event in stripe_sandbox.held() if event not in success]
    deliver(stripe_sandbox, drain, failure)
    assert [payment.status for payment in payments()] == [PaymentStatus.FAILED]
    with stripe_sandbox.store() as stripe:
        stripe.get("payment_intent", intent["id"]).update(paid)
    return charge["id"], success


def test_a_refund_before_the_success_takes_the_credits(
    member: Owner, retried_purchase: tuple[str, list[Json]], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    charge, success = retried_purchase
    refund(stripe_sandbox, charge)
    kinds = ("refund.created", "charge.refunded")
    deliver(stripe_sandbox, drain, [event for event in stripe_sandbox.held() if event["type"] in kinds])
    deliver(stripe_sandbox, drain, success)
    (payment,) = payments()
    assert (payment.status, payment.credits_taken) == (PaymentStatus.REFUNDED, 200)
    assert balances() == {member.relationship_id: 0}
    ledger_sums()


def test_a_dispute_before_the_success_holds_the_credits(
    retried_purchase: tuple[str, list[Json]], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    charge, success = retried_purchase
    stripe_sandbox.open_dispute(charge)
    deliver(
        stripe_sandbox, drain, [event for event in stripe_sandbox.held() if event["type"] == "charge.dispute.created"]
    )
    deliver(stripe_sandbox, drain, success)
    (head,) = CreditBalance.scan()
    assert (head.balance, head.suspended) == (200, 200)


def test_a_refund_before_the_success_of_a_renewal_ends_access(
    member: Owner,
    subscribe: Subscribe,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Callable[..., list[Json]],
) -> None:
    customer = at_stripe(stripe_sandbox, subscribe(member))["customer"]
    stripe_sandbox.set_card(customer, declines=True)
    pass_time(days=32)
    assert drain() == []
    (failed,) = [payment for payment in payments() if payment.status is PaymentStatus.FAILED]
    stripe_sandbox.set_card(customer, declines=False)
    stripe_sandbox.hold_events = True
    pass_time(days=4)
    with stripe_sandbox.store() as stripe:
        intent = stripe.get("payment_intent", str(failed.stripe_payment_intent_id))
    refund(stripe_sandbox, intent["latest_charge"])
    kinds = ("refund.created", "charge.refunded")
    held = stripe_sandbox.held()
    deliver(stripe_sandbox, drain, [event for event in held if event["type"] in kinds])
    deliver(stripe_sandbox, drain, [event for event in held if event["type"] not in kinds])
    (payment,) = [payment for payment in payments() if payment.id == failed.id]
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, payment.amount)
    assert payment.stripe_charge_id == intent["latest_charge"]
    assert not entitlement(OwnerType.MEMBER, member.id).has_access


@pytest.mark.parametrize("verdict", [None, "won", "warning_closed", "lost"])
def test_a_dispute_does_not_restore_access_after_a_full_refund(
    member: Owner, buy: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Drain, verdict: str | None
) -> None:
    """An inquiry is resolved by a refund, and Stripe then closes it."""
    buy(member, plan="better_together")
    charge = str(payments()[0].stripe_charge_id)
    refund(stripe_sandbox, charge)
    assert drain() == []
    dispute = stripe_sandbox.open_dispute(charge)
    if verdict:
        stripe_sandbox.close_dispute(dispute["id"], verdict)
    stripe_sandbox.drain()
    assert drain() == []
    assert payments()[0].status is PaymentStatus.REFUNDED
    assert not entitlement(OwnerType.MEMBER, member.id).has_access


def test_a_failed_full_refund_restores_access(
    member: Owner, buy: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, plan="better_together")
    back = refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert not entitlement(OwnerType.MEMBER, member.id).has_access
    stripe_sandbox.settle_refund(back, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    assert entitlement(OwnerType.MEMBER, member.id).has_access


def test_the_refund_of_an_upgrade_keeps_the_paid_period(
    store: Owner,
    subscribe: Subscribe,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Callable[..., list[Json]],
) -> None:
    subscribe(store, "starter")
    pass_time(days=32)
    assert ask(store, "change", plan="professional", billing_cycle="monthly").status_code == 200
    stripe_sandbox.drain()
    assert drain() == []
    period, change = sorted((row for row in payments() if row.amount), key=lambda row: row.created_at)
    refund(stripe_sandbox, change.stripe_charge_id)
    assert drain() == []
    assert entitlement(OwnerType.STORE, store.id).plan_name == "professional"
    refund(stripe_sandbox, period.stripe_charge_id)
    assert drain() == []
    assert entitlement(OwnerType.STORE, store.id).plan_name == "free"


def test_a_refund_takes_credits_from_the_ledger_of_the_purchase(
    member: Owner, merged_ledgers: dict[str, int], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    back = refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert balances() == merged_ledgers | {member.relationship_id: 0}
    assert [head.shortfall for head in CreditBalance.scan()] == [0, 0]
    stripe_sandbox.settle_refund(back, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    assert balances() == merged_ledgers
    ledger_sums()


def test_a_dispute_holds_credits_in_the_ledger_of_the_purchase(
    member: Owner, merged_ledgers: dict[str, int], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    stripe_sandbox.open_dispute(str(payments()[0].stripe_charge_id))
    stripe_sandbox.drain()
    assert drain() == []
    assert {head.relationship_id: head.suspended for head in CreditBalance.scan()} == dict.fromkeys(
        merged_ledgers, 0
    ) | {member.relationship_id: 200}


def test_a_redelivered_purchase_stays_in_its_ledger(
    events_of: Callable[..., list[Json]], member: Owner, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member, None, credit_pack="credits_50")
    first = of_type(events, "payment_intent.succeeded")
    deliver(stripe_sandbox, drain, [first])
    register_customer("member", member.id, "ada@example.com", relationship_id=str(uuid.uuid4()))
    deliver(stripe_sandbox, drain, [of_type(events, "checkout.session.completed")])
    assert balances() == {member.relationship_id: 50}
    assert payments()[0].relationship_id == member.relationship_id


@pytest.mark.parametrize(("used", "left"), [(False, AddonStatus.ACTIVE), (True, AddonStatus.CONSUMED)])
def test_a_failed_refund_restores_an_addon_and_keeps_its_usage(
    member: Owner,
    buy: Callable[..., list[Json]],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    used: bool,
    left: AddonStatus,
) -> None:
    bought = buy(member, addon="coaching_session")
    (row,) = UserAddon.scan()
    if used:
        row.update([UserAddon.status.set(AddonStatus.CONSUMED)])
    back = refund(stripe_sandbox, payments()[0].stripe_charge_id)
    assert drain() == []
    assert [row.status for row in UserAddon.scan()] == [left if used else AddonStatus.CANCELED]
    deliver(stripe_sandbox, drain, bought)
    stripe_sandbox.settle_refund(back, "failed")
    stripe_sandbox.drain()
    assert drain() == []
    assert payments()[0].status is PaymentStatus.COMPLETED
    assert [row.status for row in UserAddon.scan()] == [left]


def test_a_slow_handler_does_not_undo_a_later_refund(
    member: Owner,
    buy: Callable[..., list[Json]],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    interleave: Interleave,
) -> None:
    buy(member, plan="better_together")
    charge = payments()[0].stripe_charge_id
    stripe_sandbox.hold_events = True
    refund(stripe_sandbox, charge, amount="4000")
    (first, *_) = stripe_sandbox.held()

    def rest_goes_back() -> None:
        refund(stripe_sandbox, charge, amount="20000")
        last = stripe_sandbox.held()[-1]
        stripe_sandbox.deliver([last])
        intake.process_event(last["id"])

    interleave("/v1/refunds", rest_goes_back)
    deliver(stripe_sandbox, drain, [first])
    (payment,) = payments()
    assert (payment.refunded_amount, payment.status) == (Decimal(240), PaymentStatus.REFUNDED)
    assert not entitlement(OwnerType.MEMBER, member.id).has_access


def test_a_slow_handler_does_not_reopen_a_dispute(
    member: Owner,
    buy: Callable[..., list[Json]],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    interleave: Interleave,
) -> None:
    buy(member, credit_pack="credits_200")
    stripe_sandbox.hold_events = True
    dispute = stripe_sandbox.open_dispute(str(payments()[0].stripe_charge_id))
    stripe_sandbox.drain()
    (opened,) = stripe_sandbox.held()

    def it_is_won() -> None:
        stripe_sandbox.close_dispute(dispute["id"], "won")
        stripe_sandbox.drain()
        last = stripe_sandbox.held()[-1]
        stripe_sandbox.deliver([last])
        intake.process_event(last["id"])

    interleave("/v1/disputes", it_is_won)
    deliver(stripe_sandbox, drain, [opened])
    (head,) = CreditBalance.scan()
    assert head.suspended == 0
    assert payments()[0].disputed_at is None
