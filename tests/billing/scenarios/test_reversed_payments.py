"""Payments, refunds and disputes in any order and number: each payment grants exactly its paid share."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.billing.domain import payments as rules
from chalicelib.billing.enums import DisputeStatus, OwnerType, PaymentStatus
from chalicelib.billing.errors import InsufficientCredits
from chalicelib.billing.models import CreditBalance, PaymentTransaction
from chalicelib.billing.service import credits, entitlement, grant_schedule, invariants, sync_plans
from chalicelib.integrations.stripe.errors import StripeRefused
from chalicelib.integrations.stripe.payments import create_refund
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import Json, Owner, ledger_sums, listen, make_owner, payments
from tests.billing.revenue_recount import assert_payments_equal
from tests.examples import examples

Drain = Callable[[], list[Any]]
VERDICTS = ("won", "lost", "lost", "warning_closed", "prevented")
STATUSES = ("needs_response", "needs_response", "warning_needs_response", "lost")
FLAGGED = (DisputeStatus.OPEN, DisputeStatus.LOST)
OURS = {
    "needs_response": DisputeStatus.OPEN,
    "warning_needs_response": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
SOLD: dict[str, tuple[dict[str, str], int]] = {
    "pack": ({"credit_pack": "credits_200"}, 200),
    "year": ({"plan": "better_together"}, 40),
}


class Life:
    """One owner with a credit pack or a year; the state at Stripe and the delivered events."""

    def __init__(self, stripe: StripeSandbox, checkout: Callable[..., httpx2.Response], seed: int, sold: str) -> None:
        self.stripe, self.dice, self.sold = stripe, random.Random(seed), sold
        stripe.reset()
        sync_plans()
        stripe.hold_events = True
        self.owner: Owner = make_owner(Role.MEMBER)
        wanted = dict(SOLD[sold][0])
        stripe.complete_checkout(checkout(self.owner, wanted.pop("plan", None), **wanted).json()["id"])
        with stripe.store() as store:
            (self.charge,) = store.all("charge")
        self.spent, self.months, self.delivered = 0, 0, list[Json]()

    def refund(self, share: float) -> None:
        amount = max(1, int(self.charge["amount"] * share))
        try:
            create_refund(None, self.charge["id"], amount, {}, str(self.dice.random()))
        except StripeRefused:
            return

    def settle(self, status: str) -> None:
        with self.stripe.store() as store:
            rows = [row["id"] for row in store.all("refund") if row["status"] == "succeeded"]
        if rows:
            self.stripe.settle_refund(self.dice.choice(rows), status)

    def dispute(self, share: float) -> None:
        amount = max(1, int(self.charge["amount"] * share))
        self.stripe.open_dispute(self.charge["id"], amount, self.dice.choice(STATUSES))

    def close(self, verdict: str) -> None:
        with self.stripe.store() as store:
            rows = [row["id"] for row in store.all("dispute")]
        if rows:
            self.stripe.close_dispute(self.dice.choice(rows), verdict)

    def spend(self, amount: int) -> None:
        try:
            credits.spend_credits(OwnerType.MEMBER, self.owner.id, amount, str(self.dice.random()))
        except InsufficientCredits:
            return
        self.spent += amount

    def month(self, _: None) -> None:
        """Advance by a month, at most nine times, so that the year is not renewed."""
        before, self.months = clock.now(), self.months + 1
        if self.months > 9:
            return
        self.stripe.advance(31 * 86_400)
        grant_schedule.grant_due_months(clock.now(), before)

    def deliver(self, drain: Drain, whole: bool) -> None:
        """Deliver some pending events, or all events; shuffled, and some of them twice."""
        waiting = self.stripe.held()
        self.dice.shuffle(waiting)
        part = waiting if whole else waiting[: len(waiting) // 2 + 1]
        with self.stripe._state.change() as data:
            data["held"] = [event["id"] for event in waiting[len(part) :]]
        again = self.delivered if whole else self.dice.sample(self.delivered, min(2, len(self.delivered)))
        events = [*part, *again]
        self.dice.shuffle(events)
        self.delivered += part
        version = self.dice.choice((OLD_API_VERSION, "2025-04-30.basil", NEW_API_VERSION))
        self.stripe.deliver(events, copies=self.dice.choice((1, 2)), api_version=version)
        assert drain() == []


steps = st.one_of(
    st.tuples(st.just("refund"), st.sampled_from([0.25, 0.5, 1.0])),
    st.tuples(st.just("settle"), st.just("failed")),
    st.tuples(st.just("dispute"), st.sampled_from([0.25, 0.5, 1.0, 1.1])),
    st.tuples(st.just("dispute"), st.sampled_from([0.25, 0.5, 1.0, 1.1])),
    st.tuples(st.just("close"), st.sampled_from(VERDICTS)),
    st.tuples(st.just("close"), st.sampled_from(VERDICTS)),
    st.tuples(st.just("spend"), st.sampled_from([1, 30, 150])),
    st.tuples(st.just("month"), st.none()),
    st.tuples(st.just("deliver"), st.just(False)),
)


@pytest.mark.timeout(1800)  # a busy machine is slow; only a hang is an error
@settings(max_examples=examples(3), suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    sold=st.sampled_from(sorted(SOLD)),
    walk=st.lists(steps, min_size=3, max_size=14),
)
def test_no_payment_grants_more_than_its_paid_share(
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    forget_rows: Callable[[], None],
    seed: int,
    sold: str,
    walk: list[tuple[str, Any]],
) -> None:
    now = clock.now
    with pytest.MonkeyPatch.context() as patch:
        forget_rows()
        started, paid = clock.now(), listen("billing-payment_changed")
        life = Life(stripe_sandbox, checkout, seed, sold)
        patch.setattr(clock, "now", lambda: now() + timedelta(seconds=stripe_sandbox.now - int(now().timestamp())))
        for step, value in walk:
            if step == "deliver":
                life.deliver(drain, value)
            else:
                getattr(life, step)(value)
            _assert_bounded(life)
        life.deliver(drain, True)
        grant_schedule.grant_due_months(clock.now(), started)
        _assert_follows_stripe(life, started)
        assert_payments_equal(paid(), stripe_sandbox, life.dice)
        assert [name for name in invariants.check(clock.now()) if not name.startswith("period_over")] == []


def _assert_bounded(life: Life) -> None:
    """Assert that each month, or the pack, has at most its paid share according to the delivered events."""
    for payment in payments():
        given_ = _net(life)
        months = len(payment.month_claims or {})
        assert given_ <= _kept(life, payment) * (months if life.sold == "year" else 1)
        assert 0 <= payment.refunded_amount <= payment.amount
        ledger_sums()


def _assert_follows_stripe(life: Life, started: datetime) -> None:
    """Assert that the rows equal the state at Stripe after deliveries in any order."""
    with life.stripe.store() as stripe:
        sent_back = sum(row["amount"] for row in stripe.all("refund") if row["status"] == "succeeded")
        disputes = [(row["amount"], OURS.get(row["status"])) for row in stripe.all("dispute")]
    (payment,) = payments()
    lost = min(
        payment.amount, Decimal(sum(amount for amount, status in disputes if status is DisputeStatus.LOST)) / 100
    )
    back = min(payment.amount, lost + Decimal(sent_back) / 100)
    is_gone = back == payment.amount
    assert (payment.refunded_amount, payment.lost_amount) == (back, lost)
    assert payment.status is (PaymentStatus.REFUNDED if is_gone else PaymentStatus.COMPLETED)
    statuses = [status for _, status in disputes]
    assert payment.dispute is rules.dispute_status(payment.amount, lost, statuses)
    assert (payment.disputed_at is not None) is any(status in FLAGGED for status in statuses)
    started_months = sum(started + timedelta(days=31 * number) <= clock.now() for number in range(14))
    number = 1 if life.sold == "pack" else 0 if is_gone else started_months
    assert _net(life) == _kept(life, payment) * number
    if life.sold == "year":
        assert entitlement(OwnerType.MEMBER, life.owner.id).has_access is not is_gone
    else:
        held = [lot.get("is_suspended", False) for head in CreditBalance.scan() for lot in head.lots]
        assert set(held) <= {payment.dispute is DisputeStatus.OPEN}


def _net(life: Life) -> int:
    """Return the credits granted and not taken back: spent ones count, the shortfall does not."""
    return sum(head.balance - head.shortfall for head in CreditBalance.scan()) + life.spent


def _kept(life: Life, payment: PaymentTransaction) -> int:
    whole = SOLD[life.sold][1]
    return whole - rules.credits_due(whole, payment.amount, payment.refunded_amount)
