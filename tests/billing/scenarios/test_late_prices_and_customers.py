"""Events with an unknown price or customer are ignored; the next event applies them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.models import SubscriptionPlan
from chalicelib.billing.service.sync import intake as service
from chalicelib.kit.tables import Transaction
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, payments, subscriptions, webhooks

Drain = Callable[[], list[Any]]
Buy = Callable[..., list[Json]]


@pytest.fixture
def subscribe_without_price(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, pass_time: Buy
) -> Callable[[int], None]:
    """Buy a monthly plan and let it run for that many days while its price is unknown."""

    def buy(days: int) -> None:
        events = events_of(member, "try_it_out")
        plan = SubscriptionPlan.get("try_it_out")
        known = dict(plan.stripe_prices)
        plan.update(actions=[SubscriptionPlan.stripe_prices.set({})])
        stripe_sandbox.deliver(events)
        pass_time(days=days)
        assert drain() == []
        assert {row.status for row in webhooks().values()} == {WebhookStatus.IGNORED}
        plan.update(actions=[SubscriptionPlan.stripe_prices.set(known)])

    return buy


def update_at_stripe(stripe_sandbox: StripeSandbox) -> None:
    with stripe_sandbox.store() as stripe:
        stripe.emit("customer.subscription.updated", stripe.all("subscription")[0])
    stripe_sandbox.drain()


def test_a_resync_grants_payments_made_while_the_price_was_unknown(
    member: Owner, subscribe_without_price: Callable[[int], None], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    subscribe_without_price(40)
    update_at_stripe(stripe_sandbox)
    assert drain() == []
    assert [row.plan_name for row in subscriptions()] == ["try_it_out"]
    paid = payments()
    assert len(paid) == 2
    assert all(row.stripe_payment_intent_id and row.stripe_charge_id and row.subscription_id for row in paid)
    assert balances() == {member.relationship_id: 40}


def test_a_renewal_also_grants_the_first_payment_made_while_the_price_was_unknown(
    member: Owner,
    subscribe_without_price: Callable[[int], None],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Buy,
) -> None:
    subscribe_without_price(20)
    pass_time(days=12)
    assert drain() == []
    assert (len(subscriptions()), len(payments())) == (1, 2)
    assert balances() == {member.relationship_id: 40}


@pytest.mark.parametrize("crash_at", [1, 2, 3])
def test_a_crash_during_the_backfill_is_retried(
    member: Owner,
    subscribe_without_price: Callable[[int], None],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
    crash_at: int,
) -> None:
    subscribe_without_price(40)
    before = set(webhooks())
    update_at_stripe(stripe_sandbox)
    commit, calls = Transaction._commit, 0

    def crash(transaction: Transaction) -> None:
        nonlocal calls
        calls += 1
        if calls == crash_at:
            raise RuntimeError("crashed")
        commit(transaction)

    (event_id,) = set(webhooks()) - before
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="crashed"):
        patch.setattr(Transaction, "_commit", crash)
        service.process_event(event_id)
    service.process_event(event_id)
    assert drain() == []
    assert (len(subscriptions()), len(payments())) == (1, 2)
    assert balances() == {member.relationship_id: 40}
