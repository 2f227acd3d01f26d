"""Switches and refunds within a calendar month, delivered in any order and number."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.billing.domain.payments import kept_share
from chalicelib.billing.models import (
    CreditBalance,
    CreditEntry,
    MonthlyGrant,
    PaymentTransaction,
    Refund,
    StripeWebhook,
    Subscription,
)
from chalicelib.billing.service import grant_schedule, sync_plans
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from chalicelib.kit.models import UniqueValue
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import Json, Owner, balances, ledger_sums, make_owner, of_type, refund
from tests.billing.conftest import payments as all_payments
from tests.billing.subscription_factories import CYCLES, SIZES, Ask, ask, subscribe
from tests.examples import examples

__all__ = ["ask", "subscribe"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


class Month:
    """Switches and refunds of an owner within one calendar month at Stripe, without delivered events."""

    def __init__(self, stripe_sandbox: StripeSandbox, owner: Owner, ask: Ask, drain: Drain, events: list[Json]) -> None:
        self.stripe, self.owner, self.ask, self.drain = stripe_sandbox, owner, ask, drain
        stripe_sandbox.hold_events = True
        self.events = events
        self.plans = {self.invoices()[0]["id"]: "try_it_out"}
        self.replaced: dict[str, str] = {}
        self.plan = "try_it_out"
        self.refunds: dict[str, str] = {}

    def invoices(self) -> list[Json]:
        with self.stripe.store() as stripe:
            return [dict(row) for row in stripe.all("invoice")]

    def switch(self, plan: str) -> None:
        known = {row["id"] for row in self.invoices()}
        if self.ask(self.owner, "change", plan=plan, billing_cycle=CYCLES[plan]).status_code != 200:
            return  # the current plan, or one that a refund ended
        for row in self.invoices():
            is_cycle = any(not _is_proration(line) for line in row["lines"]["data"])
            if row["id"] not in known and (is_cycle or row["total"] > 0):
                self.plans[row["id"]] = plan
                self.replaced |= {} if is_cycle else {row["id"]: self.plan}
        self.plan = plan

    def refund(self, number: int) -> None:
        with self.stripe.store() as stripe:
            charges = [dict(row) for row in stripe.all("charge") if row["paid"] and not row["amount_refunded"]]
        if charges:
            charge = charges[number % len(charges)]
            self.refunds[refund(self.stripe, charge["id"])] = charge["payment_intent"]

    def fail_refund(self, number: int) -> None:
        if self.refunds:
            name = sorted(self.refunds)[number % len(self.refunds)]
            self.refunds.pop(name)
            self.stripe.settle_refund(name, "failed")

    def deliver(self, seed: int) -> None:
        """Deliver every event at least once, in the order of the seed."""
        dice = random.Random(seed)
        self.stripe.drain()
        events = [*self.events, *self.stripe.held()]
        events += dice.sample(events, len(events) // 3)
        dice.shuffle(events)
        for event in events:
            self.stripe.deliver([event], api_version=dice.choice([OLD_API_VERSION, NEW_API_VERSION]))
            assert self.drain() == []
        grant_schedule.grant_due_months(clock.now(), None)

    def entitled(self) -> int:
        """Return the credits of the largest plan whose payment, or the money behind its credit, was not reversed."""
        gone, largest, went_back = set(self.refunds.values()), 0, 0
        paid = {row.stripe_invoice_id: row for row in all_payments()}
        for invoice in sorted(self.invoices(), key=lambda row: str(row["number"])):
            name, money = invoice["id"], invoice["amount_paid"]
            credited = -sum(line["amount"] for line in invoice["lines"]["data"] if line["amount"] < 0)
            held = credited + max(0, -invoice["starting_balance"])
            used = min(held, max(0, invoice["total"] + credited - money))
            if money and not used:
                went_back = 0
            is_gone = name in paid and str(paid[name].stripe_payment_intent_id) in gone
            unbacked = used - min(used, max(0, held - went_back))
            went_back += money if is_gone else 0
            if name not in self.plans:
                continue
            size, replaced = SIZES[self.plans[name]], SIZES.get(self.replaced.get(name, ""), 0) if money else 0
            by_credit = kept_share(replaced or size, Decimal(used if replaced else used + money), Decimal(unbacked))
            largest = max(
                largest, (by_credit + (0 if is_gone else size - replaced)) if replaced else by_credit * (not is_gone)
            )
        return largest


def _is_proration(line: Json) -> bool:
    parent = line.get("parent") or {}
    return bool((parent.get("subscription_item_details") or {}).get("proration", line.get("proration")))


def forget_events() -> None:
    """Empty billing's tables except owners and catalogue, as if no event had arrived."""
    for model in (Subscription, PaymentTransaction, Refund, CreditEntry, CreditBalance, MonthlyGrant, StripeWebhook):
        for row in model.scan():
            row.delete()
    for guard in UniqueValue.scan():
        if "/customers/" not in guard.guard:
            guard.delete()


moves = st.one_of(
    st.tuples(st.just("switch"), st.sampled_from(sorted(SIZES))),
    st.tuples(st.just("switch"), st.sampled_from(sorted(SIZES))),
    st.tuples(st.just("refund"), st.integers(0, 5)),
    st.tuples(st.just("fail_refund"), st.integers(0, 5)),
)


@settings(max_examples=examples(2), suppress_health_check=list(HealthCheck))
@given(walk=st.lists(moves, min_size=3, max_size=8), seed=st.integers(0, 10_000))
def test_a_calendar_month_grants_the_credits_of_the_largest_paid_plan(
    member: Owner,
    new_month: datetime,
    events_of: Buy,
    ask: Ask,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    walk: list[tuple[str, Any]],
    seed: int,
) -> None:
    """Two deliveries of the same events, in any order and number, end in the same balance."""
    forget_events()
    stripe_sandbox.reset()
    sync_plans()
    stripe_sandbox.advance(int(clock.now().timestamp()) - stripe_sandbox.now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: datetime.now(UTC))  # the API reads the access token by the real time
        owner = make_owner(Role.MEMBER)
    events = events_of(owner, "try_it_out")
    stripe_sandbox.deliver([of_type(events, "customer.subscription.created")])
    assert drain() == []
    month = Month(stripe_sandbox, owner, ask, drain, events)
    for move, value in walk:
        getattr(month, move)(value)
    for shuffled in (seed, seed + 1):
        forget_events()
        month.deliver(shuffled)
        assert balances().get(str(owner.relationship_id), 0) == month.entitled()
        ledger_sums()
