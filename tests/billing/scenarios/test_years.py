"""Years of a subscription with late, duplicate and unordered events and crashing workers: the rows equal Stripe's state."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.billing.domain import monthly_grants
from chalicelib.billing.domain.payments import kept_share
from chalicelib.billing.enums import EntryType, PaymentStatus
from chalicelib.billing.models import MonthlyGrant
from chalicelib.billing.repository import price_lookup
from chalicelib.billing.service import grant_schedule, invariants, sync_plans
from chalicelib.billing.stripe_objects.invoices import parse_invoice
from chalicelib.billing.stripe_objects.subscriptions import parse_subscription
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from chalicelib.kit.tables import Transaction
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox, coupons, discounts, tax_rates
from tests.billing.conftest import Json, Owner, entries, ledger_sums, listen, make_owner, payments, subscriptions
from tests.billing.revenue_recount import assert_payments_equal, assert_revenues_equal

COUPONS: list[Json] = [
    {"percent_off": 12.5, "duration": "forever"},
    {"percent_off": 50, "duration": "repeating", "duration_in_months": 2},
    {"amount_off": 333, "currency": "usd", "duration": "forever"},
    {"percent_off": 10, "duration": "once"},
]
VERSIONS = (OLD_API_VERSION, "2024-09-30.acacia", "2025-04-30.basil", NEW_API_VERSION)


class Life:
    """One owner's subscriptions: the state at Stripe and the delivered events."""

    def __init__(self, stripe: StripeSandbox, checkout: Callable[..., httpx2.Response], seed: int, plan: str) -> None:
        self.stripe, self.checkout, self.dice = stripe, checkout, random.Random(seed)
        stripe.reset()
        sync_plans()
        stripe.hold_events = True
        self.delivered: list[Json] = []
        self.owner: Owner = make_owner(Role.MEMBER)
        self.buy(plan)

    def buy(self, plan: str = "try_it_out") -> None:
        started = self.checkout(self.owner, plan)
        if started.status_code == 201:
            self.stripe.complete_checkout(started.json()["id"])

    def let_pass(self, days: int) -> None:
        self.stripe.advance(days * 86_400)

    def card(self, declines: bool) -> None:
        with self.stripe.store() as stripe:
            customers = {row["customer"] for row in stripe.all("subscription")}
        for customer in customers:
            self.stripe.set_card(customer, declines=declines)

    def change(self, **values: Any) -> None:
        with self.stripe.store() as stripe:
            for row in stripe.all("subscription"):
                if row["status"] != "canceled":
                    row |= values | {"cancel_at": None, "canceled_at": stripe.now if values else None}
                    stripe.emit("customer.subscription.updated", row)

    def vary(self, what: str) -> None:
        """Change what the subscriptions earn: their quantity, discounts, tax, or whether payments are collected."""
        with self.stripe.store() as stripe:
            for row in stripe.all("subscription"):
                if row["status"] == "canceled":
                    continue
                item = row["items"]["data"][0]
                if what == "quantity":
                    item["quantity"] = self.dice.choice([1, 2, 3])
                elif what == "tax":
                    rate = {"display_name": "VAT", "inclusive": False, "percentage": 19}
                    row["default_tax_rates"] = [tax_rates.create(stripe, rate)]
                elif what == "pause":
                    row["pause_collection"] = (
                        None if row["pause_collection"] else {"behavior": "void", "resumes_at": None}
                    )
                else:
                    coupon = coupons.create_coupon(stripe, self.dice.choice(COUPONS))
                    holder = self.dice.choice([row, item])
                    kept = [{"discount": id_} for id_ in holder["discounts"]]
                    discounts.set_discounts(stripe, row, holder, [*kept, {"coupon": coupon["id"]}])
                stripe.emit("customer.subscription.updated", row)

    def refund(self, share: float) -> None:
        with self.stripe.store() as stripe:
            charges = [row for row in stripe.all("charge") if row["paid"] and not row["amount_refunded"]]
        if charges:
            charge = self.dice.choice(charges)
            key = {"Authorization": "Bearer sk_test_sandbox_of_no_real_account"}
            data = {"charge": charge["id"], "amount": str(max(1, int(charge["amount"] * share)))}
            httpx2.post(f"{self.stripe.url}/v1/refunds", data=data, headers=key).raise_for_status()

    def publish(self, drain: Callable[[], list[Any]], crash: bool) -> None:
        """Deliver some pending events, shuffled and duplicated; keep the others pending. Workers may crash."""
        waiting = self.stripe.held()
        self.dice.shuffle(waiting)
        now, later = waiting[: len(waiting) // 2 + 1], waiting[len(waiting) // 2 + 1 :]
        doubled = [*now, *self.dice.sample(self.delivered, min(2, len(self.delivered)))]
        with self.stripe._state.change() as data:
            data["held"] = [event["id"] for event in later]
        self.delivered += now
        with Crashes(self.dice if crash else None):
            self.stripe.deliver(doubled, copies=2, api_version=self.dice.choice(VERSIONS))
            drain()

    def deliver_all(self, drain: Callable[[], list[Any]]) -> None:
        """Deliver all events, as Stripe retries until it gets a response."""
        events = [*self.delivered, *self.stripe.held()]
        self.dice.shuffle(events)
        self.stripe.deliver(events, api_version=self.dice.choice(VERSIONS))
        assert drain() == []


class Crashes:
    """Transactions fail at random, before or after the commit."""

    def __init__(self, dice: random.Random | None) -> None:
        self.dice, self.whole = dice, Transaction._commit

    def __enter__(self) -> None:
        dice, whole = self.dice, self.whole

        def commit(transaction: Transaction) -> None:
            fate = dice.random() if dice else 1.0
            if fate < 0.2:
                raise RuntimeError("crashed before")
            whole(transaction)
            if fate < 0.4:
                raise RuntimeError("crashed after")

        Transaction._commit = commit  # type: ignore[method-assign, assignment]

    def __exit__(self, *_: object) -> None:
        Transaction._commit = self.whole  # type: ignore[method-assign]


steps = st.one_of(
    st.tuples(st.just("let_pass"), st.integers(1, 45)),
    st.tuples(st.just("let_pass"), st.sampled_from([30, 31, 366])),
    st.tuples(st.just("card"), st.booleans()),
    st.tuples(st.just("change"), st.booleans()),
    st.tuples(st.just("vary"), st.sampled_from(["quantity", "discount", "discount", "tax", "pause"])),
    st.tuples(st.just("refund"), st.sampled_from([0.3, 1.0])),
    st.tuples(st.just("buy"), st.none()),
    st.tuples(st.just("publish"), st.booleans()),
)


EVERY_CHANGE: list[tuple[str, Any]] = [
    *(("vary", what) for what in ("quantity", "discount", "discount", "tax")),
    *[("let_pass", 45), ("publish", False), ("vary", "pause"), ("let_pass", 30)],
    *[("refund", 0.3), ("vary", "pause"), ("let_pass", 31), ("change", True)],
]


@example(seed=3, plan="try_it_out", walk=EVERY_CHANGE)
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    plan=st.sampled_from(["try_it_out", "better_together"]),
    walk=st.lists(steps, min_size=4, max_size=14),
)
def test_the_rows_equal_the_state_at_stripe(
    member: Owner,
    checkout: Callable[..., httpx2.Response],
    stripe_sandbox: StripeSandbox,
    drain: Callable[[], list[Any]],
    forget_rows: Callable[[], None],
    seed: int,
    plan: str,
    walk: list[tuple[str, Any]],
) -> None:
    now = clock.now
    with pytest.MonkeyPatch.context() as patch:
        forget_rows()
        revenues, paid = listen("billing-recurring_revenue_changed"), listen("billing-payment_changed")
        life = Life(stripe_sandbox, checkout, seed, plan)
        patch.setattr(clock, "now", lambda: now() + timedelta(seconds=stripe_sandbox.now - int(now().timestamp())))
        for step, value in walk:
            if step == "change":
                life.change(**({"cancel_at_period_end": True} if value else {"cancel_at_period_end": False}))
            elif step == "publish":
                life.publish(drain, value)
            elif step == "buy":
                life.buy()
            else:
                getattr(life, step)(value)
        life.deliver_all(drain)
        grant_schedule.grant_due_months(clock.now(), clock.now() - timedelta(days=800))
        _assert_equal(stripe_sandbox)
        assert_revenues_equal(revenues(), stripe_sandbox, life.dice)
        assert_payments_equal(paid(), stripe_sandbox, life.dice)
        broken = invariants.check(clock.now())
        assert [name for name in broken if not name.startswith("period_over")] == []


def _assert_equal(sandbox: StripeSandbox) -> None:
    with sandbox.store() as stripe:
        theirs = {row["id"]: parse_subscription(row) for row in stripe.all("subscription")}
        bills = {row["id"]: parse_invoice(row) for row in stripe.all("invoice")}
        refunded: dict[str, int] = {}
        for row in stripe.all("refund"):
            refunded[row["payment_intent"]] = refunded.get(row["payment_intent"], 0) + row["amount"]
    ours = {str(row.stripe_subscription_id): row for row in subscriptions()}
    assert ours.keys() == theirs.keys()
    for stripe_id, view in theirs.items():
        mine = ours[stripe_id]
        assert (mine.status, mine.cancel_at_period_end) == (view.status, view.cancel_at_period_end)
        assert (mine.current_period_end, mine.ended_at) == (view.items[0].period_end, view.ended_at)
    paid = {row.stripe_invoice_id: row for row in payments()}
    assert paid.keys() == {id_ for id_, view in bills.items() if view.amount}
    for id_, payment in paid.items():
        back = refunded.get(str(payment.stripe_payment_intent_id), 0)
        assert payment.refunded_amount * 100 == back
        expected = PaymentStatus.REFUNDED if back and back == payment.amount * 100 else bills[str(id_)].status
        assert payment.status is expected
    ledger_sums()
    granted = [entry.source_key for entry in entries() if entry.entry_type is EntryType.GRANT]
    assert len(granted) == len(set(granted))
    sizes = {price: plan.included_credits for price, (plan, _) in price_lookup.read().plans.items()}
    paid_for, stays_paid = dict[str, int](), dict[str, int]()
    for bill in (bill for bill in bills.values() if bill.status is PaymentStatus.COMPLETED):
        sent_back = paid[bill.id].refunded_amount if bill.amount else Decimal(0)
        for month in monthly_grants.paid_months(bill.lines):
            name, size = f"{month.begins_at:%Y-%m}", sizes[month.price_id]
            paid_for[name] = max(paid_for.get(name, 0), size)
            if month.is_first:
                stays_paid[name] = max(stays_paid.get(name, 0), kept_share(size, bill.amount, sent_back))
    by_month = {row.month: row.granted for row in MonthlyGrant.scan()}
    assert all(amount <= paid_for[name] for name, amount in by_month.items())
    assert all(by_month.get(name, 0) >= size for name, size in stays_paid.items())
