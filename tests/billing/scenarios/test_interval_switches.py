"""Interval switches, repeated purchases and gifts grant one month of credits per owner and calendar month."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.domain import monthly_grants
from chalicelib.billing.domain.monthly_grants import calendar_month
from chalicelib.billing.enums import OwnerType, PaymentKind
from chalicelib.billing.models import (
    MonthlyGrant,
)
from chalicelib.billing.service import credits, grant_schedule, register_customer
from chalicelib.billing.service.sync import intake
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Unavailable
from infra.bench.round_trips import metered
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, entries, ledger_sums, make_owner, of_type, refund
from tests.billing.conftest import payments as all_payments
from tests.billing.subscription_factories import Ask, Subscribe, ask, subscribe, switch

__all__ = ["ask", "subscribe"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


@pytest.fixture
def partner(member: Owner) -> Owner:
    return make_owner(Role.MEMBER)


def test_ten_daily_switches_grant_one_month(
    member: Owner,
    new_month: datetime,
    subscribe: Subscribe,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Buy,
) -> None:
    subscribe(member, "try_it_out")
    for number in range(10):
        pass_time(days=1)
        switch(ask, member, ("better_together", "try_it_out")[number % 2])
        stripe_sandbox.drain()
        assert drain() == []
        grant_schedule.grant_due_months(clock.now(), None)
    assert balances() == {member.relationship_id: 40}
    assert [(row.month, row.granted) for row in MonthlyGrant.scan()] == [(calendar_month(new_month), 40)]
    ledger_sums()


def test_the_next_calendar_month_is_granted_again(
    member: Owner,
    new_month: datetime,
    subscribe: Subscribe,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    pass_time: Buy,
) -> None:
    """A month belongs to the calendar month of its first day, even if that is the last day of the month."""
    subscribe(member, "better_together")
    last_day = monthly_grants.add_months(new_month, 1) - timedelta(days=1)
    pass_time(seconds=int((last_day - clock.now()).total_seconds()))
    switch(ask, member, "try_it_out")
    stripe_sandbox.drain()
    assert drain() == []
    assert balances() == {member.relationship_id: 40}
    pass_time(days=1)
    switch(ask, member, "premium_plus")
    stripe_sandbox.drain()
    assert drain() == []
    assert balances() == {member.relationship_id: 40 + 80}


def test_a_second_purchase_within_the_month_grants_only_the_difference(
    member: Owner, new_month: datetime, buy: Buy, ask: Ask, stripe_sandbox: StripeSandbox, drain: Drain, pass_time: Buy
) -> None:
    buy(member, plan="better_together")
    for plan in ("try_it_out", "premium_plus"):
        assert ask(member, "cancel", at_period_end=False).status_code == 200
        stripe_sandbox.drain()
        assert drain() == []
        pass_time(days=2)
        buy(member, plan=plan)
    assert balances() == {member.relationship_id: 80}
    assert sorted(entry.amount for entry in entries()) == [40, 40]


def test_partners_with_a_shared_ledger_have_separate_grants(
    member: Owner, partner: Owner, new_month: datetime, buy: Buy
) -> None:
    register_customer("member", partner.id, "b@example.com", relationship_id=member.relationship_id)
    buy(member, plan="better_together")
    buy(partner, plan="better_together")
    assert balances() == {member.relationship_id: 80}
    assert sorted(row.owner for row in MonthlyGrant.scan()) == sorted(f"member/{each.id}" for each in (member, partner))


def test_a_gift_grants_only_the_difference(
    api: httpx2.Client,
    member: Owner,
    partner: Owner,
    new_month: datetime,
    buy: Buy,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
) -> None:
    """Its refund takes the difference back from the member who redeemed it, in four read calls."""
    recipient = partner
    buy(recipient, plan="try_it_out")
    order = {
        "plan": "premium_plus",
        "recipient_email": "b@example.com",
        "success_url": "https://a.b/",
        "cancel_url": "https://a.b/",
    }
    started = api.post("/v1/billing/gifts", json=order, headers=member.headers).json()
    stripe_sandbox.complete_checkout(started["checkout"]["id"])
    assert ask(recipient, "cancel", at_period_end=False).status_code == 200
    stripe_sandbox.drain()
    assert drain() == []
    redeemed = api.post("/v1/billing/gifts/redeem", json={"code": started["gift"]["code"]}, headers=recipient.headers)
    assert redeemed.status_code == 200, redeemed.text
    assert balances() == {recipient.relationship_id: 80}
    (paid,) = [row for row in all_payments() if row.kind is PaymentKind.GIFT]
    stripe_sandbox.hold_events = True
    refund(stripe_sandbox, paid.stripe_charge_id)
    (refund_event,) = [event for event in stripe_sandbox.held() if event["type"] == "charge.refunded"]
    stripe_sandbox.deliver([refund_event])
    with metered() as meter:
        intake.process_event(refund_event["id"])
    assert (meter.cost.reads, meter.calls["dynamodb.TransactWriteItems"]) == (4, 1)
    assert drain() == []
    assert balances() == {recipient.relationship_id: 20}
    ledger_sums()


@pytest.mark.parametrize("spent", [0, 30, 80])
def test_a_purchase_after_a_full_refund_grants_no_second_month(
    member: Owner, new_month: datetime, buy: Buy, ask: Ask, stripe_sandbox: StripeSandbox, drain: Drain, spent: int
) -> None:
    """Bought credits stay, because another payment covers them. Spent credits count at the next purchase."""
    buy(member, credit_pack="credits_50")
    buy(member, plan="premium_plus")
    if spent:
        credits.spend_credits(OwnerType.MEMBER, member.id, spent, "k")
    (plan,) = [row for row in all_payments() if row.kind is PaymentKind.SUBSCRIPTION]
    back = refund(stripe_sandbox, plan.stripe_charge_id)
    assert drain() == []
    assert balances() == {member.relationship_id: 50}
    for _ in range(2):
        stripe_sandbox.settle_refund(back, "failed")
        stripe_sandbox.drain()
        assert drain() == []
        assert balances() == {member.relationship_id: 130 - spent}
    refund(stripe_sandbox, plan.stripe_charge_id)
    assert ask(member, "cancel", at_period_end=False).status_code == 200
    stripe_sandbox.drain()
    assert drain() == []
    buy(member, plan="better_together")
    assert balances() == {member.relationship_id: 50 + max(0, 40 - spent)}
    ledger_sums()


def test_concurrent_invoices_grant_one_month(
    member: Owner,
    new_month: datetime,
    events_of: Buy,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
) -> None:
    events = events_of(member, "try_it_out")
    stripe_sandbox.deliver([of_type(events, "customer.subscription.created")])
    assert drain() == []
    stripe_sandbox.hold_events = True
    for plan in ("better_together", "try_it_out", "premium_plus", "try_it_out", "better_together"):
        switch(ask, member, plan)
    stripe_sandbox.drain()
    paid = [event for event in [*events, *stripe_sandbox.held()] if event["type"] == "invoice.paid"]
    names = [f"evt_{number}" for number in range(2 * len(paid))]
    for name, event in zip(names, [*paid, *paid], strict=True):
        stripe_sandbox.deliver([event | {"id": name}])

    def process(name: str) -> None:
        for _ in range(20):
            try:
                intake.process_event(name)
            except Unavailable:
                continue  # SQS delivers it again
            return

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(process, names))
    assert drain() == []
    assert balances() == {member.relationship_id: 80}
    ledger_sums()
