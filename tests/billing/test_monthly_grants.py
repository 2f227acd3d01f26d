"""An owner is granted at most one month's credits per calendar month, in any order and number of events."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.billing import grants
from chalicelib.billing.book import source_of
from chalicelib.billing.enums import EntryType, OwnerType, PaymentKind, PaymentStatus
from chalicelib.billing.errors import InsufficientCredits
from chalicelib.billing.models import (
    CreditBalance,
    CreditEntry,
    Customer,
    MonthlyGrant,
    PaymentTransaction,
    Refund,
    StripeWebhook,
    Subscription,
)
from chalicelib.billing.monthly_grants import Lot, OwnerMonth, calendar_month, kept_share
from chalicelib.billing.repository import ledger as ledger_rows
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository.records import Found, own_subscription_key
from chalicelib.billing.service import (
    granting,
    ledger,
    monthly_grants,
    payments,
    register_customer,
    sync_plans,
    webhooks,
)
from chalicelib.billing.service.effects import Effects, carry_out
from chalicelib.billing.service.monthly_grants import PaidMonth
from chalicelib.billing.service.reversed_credits import Reversal
from chalicelib.kit import clock, guards, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.models import Guard
from infra.bench.round_trips import metered
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import Json, Owner, balances, entries, ledger_sums, make_owner, of_type, refund
from tests.billing.conftest import payments as all_payments
from tests.billing.running import Ask, Subscribe, ask, subscribe

__all__ = ["ask", "subscribe"]

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]
SIZES = {"try_it_out": 20, "better_together": 40, "premium_plus": 80}
CYCLES = {"try_it_out": "monthly", "better_together": "annual", "premium_plus": "annual"}
AUGUST = datetime(2027, 8, 20, 9, tzinfo=UTC)

sizes = st.sampled_from([20, 40, 80])


# --- the decision ---------------------------------------------------------------------------------------------------


class Holder:
    """A month and the lots that its credits are in, as a ledger holds them."""

    def __init__(self) -> None:
        self.month, self.lots = OwnerMonth(), dict[Lot, int]()

    def claim(self, size: int) -> None:
        self.month = self.month.claimed(size)
        amount, lot = self.month.lacking, ("ledger", ids.new())
        if amount:
            self.lots[lot] = amount
            self.month = self.month.credited(lot, amount)

    def release(self, size: int) -> None:
        self.month = self.month.released(size)
        taken = self.month.withdrawals(self.lots.__getitem__)
        for lot, amount in taken.items():
            self.lots[lot] -= amount
        self.month = self.month.withdrawn(taken)

    def spend(self, amount: int) -> None:
        for lot in self.lots:
            used = min(amount, self.lots[lot])
            self.lots[lot] -= used
            amount -= used


@given(claims=st.lists(sizes, max_size=8), seed=st.integers())
def test_any_order_of_claims_and_releases_ends_in_the_largest_claim(claims: list[int], seed: int) -> None:
    dice = random.Random(seed)
    released = [size for size in claims if dice.random() < 0.5]
    holder, waiting, open_claims = Holder(), list(claims), list[int]()
    dice.shuffle(waiting)
    due = list(released)
    while waiting or due:
        ready = [size for size in due if size in open_claims]
        if ready and (not waiting or dice.random() < 0.5):
            size = dice.choice(ready)
            due.remove(size)
            open_claims.remove(size)
            holder.release(size)
        else:
            open_claims.append(waiting.pop())
            holder.claim(open_claims[-1])
        assert holder.month.granted == sum(holder.lots.values()) == max(open_claims, default=0)


@given(steps=st.lists(st.tuples(st.sampled_from(["claim", "release", "spend"]), sizes), max_size=20))
def test_what_was_spent_is_neither_granted_twice_nor_taken_from_others(steps: list[tuple[str, int]]) -> None:
    holder, live, largest, given_out = Holder(), list[int](), 0, 0
    for step, size in steps:
        before = sum(holder.lots.values())
        if step == "claim":
            live.append(size)
            largest = max(largest, size)
            holder.claim(size)
            given_out += sum(holder.lots.values()) - before
            assert holder.month.granted >= max(live), "what is paid is granted"
        elif step == "release" and size in live:
            live.remove(size)
            holder.release(size)
            given_out -= before - sum(holder.lots.values())
        elif step == "spend":
            holder.spend(size)
        assert given_out == holder.month.granted <= largest
        assert all(amount >= 0 for amount in holder.lots.values())


def test_a_released_month_keeps_what_was_granted_before_claims_were_counted() -> None:
    month = OwnerMonth(granted=300, carried=300).claimed(80)
    assert (month.lacking, month.released(80).excess) == (0, 0)


@pytest.fixture
def partner(member: Owner) -> Owner:
    return make_owner(Role.MEMBER)


# --- Stripe's events ------------------------------------------------------------------------------------------------


def switch(ask: Ask, owner: Owner, plan: str) -> None:
    answer = ask(owner, "change", plan=plan, billing_cycle=CYCLES[plan])
    assert answer.status_code == 200, answer.text


def test_ten_daily_switches_grant_one_month(
    member: Owner,
    new_month: datetime,
    subscribe: Subscribe,
    ask: Ask,
    stripe_peer: StripeSandbox,
    drain: Drain,
    pass_time: Buy,
) -> None:
    subscribe(member, "try_it_out")
    for number in range(10):
        pass_time(days=1)
        switch(ask, member, ("better_together", "try_it_out")[number % 2])
        stripe_peer.drain()
        assert drain() == []
        granting.grant_due(clock.now(), None)
    assert balances() == {member.relationship_id: 40}
    assert [(row.month, row.granted) for row in MonthlyGrant.scan()] == [(calendar_month(new_month), 40)]
    ledger_sums()


def test_the_next_calendar_month_is_granted_again(
    member: Owner,
    new_month: datetime,
    subscribe: Subscribe,
    ask: Ask,
    stripe_peer: StripeSandbox,
    drain: Drain,
    pass_time: Buy,
) -> None:
    """The month counts by the day it begins on: one begun on the last day counts in that day's calendar month."""
    subscribe(member, "better_together")
    last_day = grants.add_months(new_month, 1) - timedelta(days=1)
    pass_time(seconds=int((last_day - clock.now()).total_seconds()))
    switch(ask, member, "try_it_out")
    stripe_peer.drain()
    assert drain() == []
    assert balances() == {member.relationship_id: 40}
    pass_time(days=1)
    switch(ask, member, "premium_plus")
    stripe_peer.drain()
    assert drain() == []
    assert balances() == {member.relationship_id: 40 + 80}


def test_who_cancels_and_buys_within_the_month_has_no_second_grant(
    member: Owner, new_month: datetime, buy: Buy, ask: Ask, stripe_peer: StripeSandbox, drain: Drain, pass_time: Buy
) -> None:
    buy(member, plan="better_together")
    for plan in ("try_it_out", "premium_plus"):
        assert ask(member, "cancel", at_period_end=False).status_code == 200
        stripe_peer.drain()
        assert drain() == []
        pass_time(days=2)
        buy(member, plan=plan)
    assert balances() == {member.relationship_id: 80}
    assert sorted(entry.amount for entry in entries()) == [40, 40]


def test_partners_who_share_a_ledger_are_granted_each_their_own(
    member: Owner, partner: Owner, new_month: datetime, buy: Buy
) -> None:
    register_customer("member", partner.id, "b@example.com", relationship_id=member.relationship_id)
    buy(member, plan="better_together")
    buy(partner, plan="better_together")
    assert balances() == {member.relationship_id: 80}
    assert sorted(row.owner for row in MonthlyGrant.scan()) == sorted(f"member/{each.id}" for each in (member, partner))


def test_a_gift_brings_what_it_includes_more(
    api: httpx.Client,
    member: Owner,
    partner: Owner,
    new_month: datetime,
    buy: Buy,
    ask: Ask,
    stripe_peer: StripeSandbox,
    drain: Drain,
) -> None:
    """Its refund takes that back from the member who redeemed it, in four read calls like any other."""
    recipient = partner
    buy(recipient, plan="try_it_out")
    order = {
        "plan": "premium_plus",
        "recipient_email": "b@example.com",
        "success_url": "https://a.b/",
        "cancel_url": "https://a.b/",
    }
    begun = api.post("/v1/billing/gifts", json=order, headers=member.headers).json()
    stripe_peer.complete_checkout(begun["checkout"]["id"])
    assert ask(recipient, "cancel", at_period_end=False).status_code == 200
    stripe_peer.drain()
    assert drain() == []
    redeemed = api.post("/v1/billing/gifts/redeem", json={"code": begun["gift"]["code"]}, headers=recipient.headers)
    assert redeemed.status_code == 200, redeemed.text
    assert balances() == {recipient.relationship_id: 80}
    (paid,) = [row for row in all_payments() if row.kind is PaymentKind.GIFT]
    stripe_peer.hold_events = True
    refund(stripe_peer, paid.stripe_charge_id)
    (told,) = [event for event in stripe_peer.held() if event["type"] == "charge.refunded"]
    stripe_peer.deliver([told])
    with metered() as meter:
        webhooks.apply(told["id"])
    assert (meter.cost.reads, meter.calls["dynamodb.TransactWriteItems"]) == (4, 1)
    assert drain() == []
    assert balances() == {recipient.relationship_id: 20}
    ledger_sums()


@pytest.mark.parametrize("spent", [0, 30, 80])
def test_a_full_refund_ends_what_is_left_of_the_month_and_brings_no_second_one(
    member: Owner, new_month: datetime, buy: Buy, ask: Ask, stripe_peer: StripeSandbox, drain: Drain, spent: int
) -> None:
    """Bought credits stay: other money paid for them. What was spent counts for who buys again."""
    buy(member, credit_pack="credits_50")
    buy(member, plan="premium_plus")
    if spent:
        ledger.spend_credits(OwnerType.MEMBER, member.id, spent, "k")
    (plan,) = [row for row in all_payments() if row.kind is PaymentKind.SUBSCRIPTION]
    back = refund(stripe_peer, plan.stripe_charge_id)
    assert drain() == []
    assert balances() == {member.relationship_id: 50}
    for _ in range(2):
        stripe_peer.settle_refund(back, "failed")
        stripe_peer.drain()
        assert drain() == []
        assert balances() == {member.relationship_id: 130 - spent}
    refund(stripe_peer, plan.stripe_charge_id)
    assert ask(member, "cancel", at_period_end=False).status_code == 200
    stripe_peer.drain()
    assert drain() == []
    buy(member, plan="better_together")
    assert balances() == {member.relationship_id: 50 + max(0, 40 - spent)}
    ledger_sums()


class Month:
    """An owner's switches and refunds within one calendar month, which happened at Stripe; no event is delivered yet."""

    def __init__(self, stripe_peer: StripeSandbox, owner: Owner, ask: Ask, drain: Drain, events: list[Json]) -> None:
        self.stripe, self.owner, self.ask, self.drain = stripe_peer, owner, ask, drain
        stripe_peer.hold_events = True
        self.events = events
        self.plans = {self.invoices()[0]["id"]: "try_it_out"}
        self.refunds: dict[str, str] = {}

    def invoices(self) -> list[Json]:
        with self.stripe.store() as stripe:
            return [dict(row) for row in stripe.all("invoice")]

    def switch(self, plan: str) -> None:
        known = {row["id"] for row in self.invoices()}
        if self.ask(self.owner, "change", plan=plan, billing_cycle=CYCLES[plan]).status_code != 200:
            return  # the plan of now, or one that a refund ended
        for row in self.invoices():
            if row["id"] not in known and any(not _is_proration(line) for line in row["lines"]["data"]):
                self.plans[row["id"]] = plan

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
        """Every event at least once, in an order of the seed."""
        dice = random.Random(seed)
        self.stripe.drain()
        events = [*self.events, *self.stripe.held()]
        events += dice.sample(events, len(events) // 3)
        dice.shuffle(events)
        for event in events:
            self.stripe.deliver([event], api_version=dice.choice([OLD_API_VERSION, NEW_API_VERSION]))
            assert self.drain() == []
        granting.grant_due(clock.now(), None)

    def entitled(self) -> int:
        """The credits of the largest plan whose payment did not go back."""
        gone = set(self.refunds.values())
        paid = {row.stripe_invoice_id: row for row in all_payments()}
        return max(
            (
                SIZES[plan]
                for invoice, plan in self.plans.items()
                if str(paid[invoice].stripe_payment_intent_id) not in gone
            ),
            default=0,
        )


def _is_proration(line: Json) -> bool:
    parent = line.get("parent") or {}
    return bool((parent.get("subscription_item_details") or {}).get("proration", line.get("proration")))


def forget_events() -> None:
    """Empty billing's tables but for the owners and the catalogue, as though no event had arrived."""
    for model in (Subscription, PaymentTransaction, Refund, CreditEntry, CreditBalance, MonthlyGrant, StripeWebhook):
        for row in model.scan():
            row.delete()
    for guard in Guard.scan():
        if "/customers/" not in guard.guard:
            guard.delete()


moves = st.one_of(
    st.tuples(st.just("switch"), st.sampled_from(sorted(SIZES))),
    st.tuples(st.just("switch"), st.sampled_from(sorted(SIZES))),
    st.tuples(st.just("refund"), st.integers(0, 5)),
    st.tuples(st.just("fail_refund"), st.integers(0, 5)),
)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(walk=st.lists(moves, min_size=3, max_size=8), seed=st.integers(0, 10_000))
def test_a_calendar_month_grants_what_the_largest_plan_paid_in_it_includes(
    member: Owner,
    new_month: datetime,
    events_of: Buy,
    ask: Ask,
    stripe_peer: StripeSandbox,
    drain: Drain,
    walk: list[tuple[str, Any]],
    seed: int,
) -> None:
    """Whatever the order and number of events: two deliveries of the same events end in the same balance."""
    forget_events()
    stripe_peer.begin_anew()
    sync_plans()
    stripe_peer.advance(int(clock.now().timestamp()) - stripe_peer.now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: datetime.now(UTC))  # the API reads the access token by the real time
        owner = make_owner(Role.MEMBER)
    events = events_of(owner, "try_it_out")
    stripe_peer.deliver([of_type(events, "customer.subscription.created")])
    assert drain() == []
    month = Month(stripe_peer, owner, ask, drain, events)
    for move, value in walk:
        getattr(month, move)(value)
    for shuffled in (seed, seed + 1):
        forget_events()
        month.deliver(shuffled)
        assert balances().get(str(owner.relationship_id), 0) == month.entitled()
        ledger_sums()


def test_invoices_that_are_processed_at_once_grant_one_month(
    member: Owner,
    new_month: datetime,
    events_of: Buy,
    ask: Ask,
    stripe_peer: StripeSandbox,
    drain: Drain,
) -> None:
    events = events_of(member, "try_it_out")
    stripe_peer.deliver([of_type(events, "customer.subscription.created")])
    assert drain() == []
    stripe_peer.hold_events = True
    for plan in ("better_together", "try_it_out", "premium_plus", "try_it_out", "better_together"):
        switch(ask, member, plan)
    stripe_peer.drain()
    paid = [event for event in [*events, *stripe_peer.held()] if event["type"] == "invoice.paid"]
    names = [f"evt_{number}" for number in range(2 * len(paid))]
    for name, event in zip(names, [*paid, *paid], strict=True):
        stripe_peer.deliver([event | {"id": name}])

    def process(name: str) -> None:
        for _ in range(20):
            try:
                webhooks.apply(name)
            except Unavailable:
                continue  # SQS delivers it again
            return

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(process, names))
    assert drain() == []
    assert balances() == {member.relationship_id: 80}
    ledger_sums()


# --- claims and reversals of payments, without Stripe ------------------------------------------------------------------


def pay(
    owner: Owner, size: int, payment: PaymentTransaction | None = None, at: datetime = AUGUST
) -> PaymentTransaction:
    """Claim a month for a payment; one more time if it is given."""
    new = PaymentTransaction(
        id=ids.time_ordered(),
        owner=f"member/{owner.id}",
        day="2027-08-20",
        owner_type=OwnerType.MEMBER,
        owner_id=owner.id,
        kind=PaymentKind.SUBSCRIPTION,
        amount=Decimal(size),
        status=PaymentStatus.COMPLETED,
        created_at=AUGUST,
    )
    name = payment.id if payment else None

    def decide(effects: Effects) -> PaymentTransaction:
        row = payment_rows.get(name) if name else new
        customer = Customer.get(OwnerType.MEMBER, owner.id)
        changed = payments.copy(row)
        month = PaidMonth("sub_1", at, size, "a plan")
        monthly_grants.claim_months(effects, Found(), customer, changed, [month])
        payment_rows.stage(effects.transaction, changed)
        return changed

    return carry_out(decide)


def reverse(payment: PaymentTransaction, share: str = "1") -> None:
    """Let that share of a payment go back; 0 if nothing went back after all."""

    def decide(effects: Effects) -> None:
        earlier = payment_rows.get(payment.id)
        changed = payments.copy(earlier)
        changed.refunded_amount = earlier.amount * Decimal(share)
        changed.status = PaymentStatus.REFUNDED if share == "1" else PaymentStatus.COMPLETED
        found = Found()
        found.read([own_subscription_key(earlier.subscription_id), *monthly_grants.payment_keys(earlier)])
        reversal = Reversal(earlier.id, earlier.version, "refunded", "the refund failed")
        monthly_grants.settle_payment(effects, found, changed, earlier, reversal)
        payment_rows.stage(effects.transaction, changed)

    carry_out(decide)


def claimed(payment: PaymentTransaction) -> list[int]:
    return list((payment.month_claims or {}).values())


steps = st.lists(
    st.tuples(st.sampled_from(["pay", "repeat", "1", "0.5", "0.25", "0", "spend", "move"]), st.integers(0, 7), sizes),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(walk=steps)
def test_no_month_grants_more_than_the_largest_payment_and_no_less_than_what_stays_paid(
    member: Owner, walk: list[tuple[str, int, int]]
) -> None:
    """Also if credits are spent in between and the owner's ledger changes."""
    owner = make_owner(Role.MEMBER)
    made: list[PaymentTransaction] = []
    largest = 0
    for step, number, size in walk:
        chosen = made[number % len(made)] if made else None
        if step == "pay":
            made.append(pay(owner, size))
            largest = max(largest, size)
        elif step == "move":
            register_customer("member", owner.id, "a@example.com", relationship_id=str(uuid.uuid4()))
        elif step == "spend":
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(clock, "now", lambda: AUGUST)
                with suppress(InsufficientCredits):
                    ledger.spend_credits(OwnerType.MEMBER, owner.id, size // 2, ids.new())
        elif chosen is not None and step == "repeat":
            pay(owner, size, chosen)
        elif chosen is not None:
            reverse(chosen, step)
        rows = [payment_rows.get(row.id) for row in made]
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


def test_payments_that_are_claimed_at_once_grant_the_largest(member: Owner) -> None:
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
    """The difference goes to the ledger of now, and comes back from there."""
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


def test_a_year_s_refund_is_one_small_transaction(member: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = pay(member, 40)
    for number in range(1, 13):
        payment = pay(member, 40, payment, grants.add_months(AUGUST, number))
    assert balances() == {member.relationship_id: 13 * 40}
    reverse(payment)
    assert balances() == {member.relationship_id: 0}
    assert [entry.amount for entry in entries() if entry.entry_type is EntryType.REFUND] == [-13 * 40]
    reverse(payment, "0")
    assert balances() == {member.relationship_id: 13 * 40}
    ledger_sums()


# --- grants of the version before -------------------------------------------------------------------------------------


def grant_as_before(owner: Owner, subscription_id: str, begins_at: datetime, amount: int, version: int = 3) -> str:
    """Enter a grant as the version before did: by subscription and day, without a row for the calendar month."""
    row = Subscription(
        id=ids.new(),
        owner=f"member/{owner.id}",
        owner_type=OwnerType.MEMBER,
        owner_id=owner.id,
        plan_name="try_it_out",
        status="active",
        billing_cycle="monthly",
        started_at=begins_at,
        created_at=begins_at,
        updated_at=begins_at,
    )
    row.id = subscription_id
    row.save()
    relationship = str(Customer.get(OwnerType.MEMBER, owner.id).relationship_id)
    entry_id, key = ids.time_ordered(), source_of("grant", subscription_id, f"{begins_at:%Y-%m-%d}")
    head = ledger_rows.balance(relationship)
    book = ledger_rows.opened(head)
    book.credit(EntryType.GRANT, amount, key, "try_it_out", grants.add_months(begins_at, 12))
    effects = Effects()
    with effects.transaction:
        ledger_rows.stage(effects.transaction, head, book)
        entry_id = book.entries[-1].id
        guards.claim(effects.transaction, ledger_rows.source_guard(key), f"{relationship}/{entry_id}", Unavailable())
    CreditBalance(relationship).update(actions=[CreditBalance.carried_until.remove()])
    return key


def test_grants_of_the_version_before_count(member: Owner) -> None:
    """Another payment of their month brings the difference; the refund of it takes no more than that."""
    begins_at = clock.now() - timedelta(seconds=5)
    grant_as_before(member, "own-1", begins_at, 20)
    payment = pay(member, 80, at=begins_at)
    assert balances() == {member.relationship_id: 80}
    assert pay(member, 40, at=begins_at).month_claims
    assert balances() == {member.relationship_id: 80}
    reverse(payment)
    assert balances() == {member.relationship_id: 40}
    ledger_sums()


def test_a_grant_of_the_version_before_counts_after_the_couple_changed(member: Owner) -> None:
    begins_at = clock.now() - timedelta(seconds=5)
    key = grant_as_before(member, "sub_1", begins_at, 20)
    assert key == grants.source_key("sub_1", begins_at)
    register_customer("member", member.id, "a@example.com", relationship_id=str(uuid.uuid4()))
    pay(member, 20, at=begins_at)
    assert balances() == {member.relationship_id: 20}, "the guard of the same grant leads to its ledger"
    ledger_sums()


def test_a_partner_s_grant_of_the_version_before_does_not_count(member: Owner) -> None:
    partner = make_owner(Role.MEMBER)
    register_customer("member", partner.id, "b@example.com", relationship_id=member.relationship_id)
    begins_at = clock.now() - timedelta(seconds=5)
    grant_as_before(partner, "own-1", begins_at, 20)
    pay(member, 20, at=begins_at)
    assert balances() == {member.relationship_id: 40}


def test_only_the_month_of_the_deployment_looks_for_grants_of_the_version_before(
    member: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins_at = clock.now() - timedelta(seconds=5)
    grant_as_before(member, "own-1", begins_at, 20)
    pay(member, 40, at=begins_at)
    assert CreditBalance.get(str(member.relationship_id)).carried_until == calendar_month(begins_at)
    looks: list[str] = []
    iterate = ledger_rows.iterate_grants
    monkeypatch.setattr(
        ledger_rows,
        "iterate_grants",
        lambda name, since: looks.append(name) or iterate(name, since),  # type: ignore[func-returns-value]
    )
    pay(member, 20, at=grants.add_months(begins_at, 1))
    assert looks == []
    assert balances() == {member.relationship_id: 60}


def test_months_by_name() -> None:
    beginnings = [datetime(2027, 8, 31, 23, 59, tzinfo=UTC), datetime(2027, 9, 1, tzinfo=UTC)]
    assert [calendar_month(at) for at in beginnings] == ["2027-08", "2027-09"]
    assert all(one <= other for one, other in pairwise(beginnings))
