"""Credits of a yearly plan are granted once a month while the subscription lasts; then they expire."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.billing.models import CreditBalance
from chalicelib.billing.service import credits, grant_schedule
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, entries, ledger_sums, of_type, operator_grant

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


def test_twelve_months_are_granted_one_by_one_and_then_the_next_year_s(
    member: Owner, buy: Buy, pass_time: Buy, drain: Drain
) -> None:
    buy(member, plan="better_together")
    for month in range(2, 15):
        before = clock.now()
        pass_time(days=31)
        assert drain() == []
        for _ in range(2):
            grant_schedule.grant_due_months(clock.now(), before)
        assert len(entries()) == month
    assert {entry.amount for entry in entries()} == {40}
    ledger_sums()


def test_a_late_schedule_grants_all_due_months(member: Owner, buy: Buy, pass_time: Buy) -> None:
    started = clock.now()
    buy(member, plan="premium_plus")
    pass_time(days=100)
    grant_schedule.grant_due_months(clock.now(), started)
    assert balances() == {member.relationship_id: 4 * 80}


def test_a_redelivered_event_and_the_schedule_grant_once(
    member: Owner, buy: Buy, pass_time: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = buy(member, plan="better_together")
    pass_time(days=62)
    paid = of_type(events, "invoice.paid")
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(grant_schedule.grant_due_months, clock.now(), None) for _ in range(3)]
        delivered = pool.submit(stripe_sandbox.deliver, [paid | {"id": "evt_again"}])
        for run in runs:
            run.result()
        delivered.result()
    assert drain() == []
    grant_schedule.grant_due_months(clock.now(), None)
    assert balances() == {member.relationship_id: 3 * 40}
    ledger_sums()


def test_an_ended_subscription_grants_no_more(
    member: Owner, buy: Buy, pass_time: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = buy(member, plan="better_together")
    bought = of_type(events, "customer.subscription.created")["data"]["object"]["id"]
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", bought)
        row |= {"status": "canceled", "ended_at": stripe.now, "canceled_at": stripe.now}
        stripe.emit("customer.subscription.deleted", row)
    stripe_sandbox.drain()
    assert drain() == []
    pass_time(days=62)
    grant_schedule.grant_due_months(clock.now(), None)
    assert balances() == {member.relationship_id: 40}


def test_a_late_expired_month_does_not_stop_the_expiry_of_others(
    member: Owner, events_of: Buy, pass_time: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member, "try_it_out")
    pass_time(days=500)
    operator_grant(member, 7, "sorry", clock.now() + timedelta(days=40))
    stripe_sandbox.deliver(events)
    drain()
    before = clock.now()
    pass_time(days=41)
    credits.expire_due_credits(clock.now(), before)
    left = CreditBalance.get(member.relationship_id).lots
    assert all(lot["expires_at"] > clock.iso(clock.now()) for lot in left)
    lapsed = [entry.amount for entry in entries() if entry.entry_type is EntryType.EXPIRATION]
    assert -7 in lapsed
    ledger_sums()


@pytest.mark.parametrize("spent", [0, 15, 20])
def test_only_the_unspent_part_of_a_grant_expires_after_a_year(
    member: Owner, buy: Buy, pass_time: Buy, drain: Drain, spent: int
) -> None:
    buy(member, plan="try_it_out")
    if spent:
        credits.spend_credits(OwnerType.MEMBER, member.id, spent, "k")
    first = entries()[0]
    pass_time(days=366)
    assert drain() == []
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: credits.expire_due_credits(clock.now(), None), range(3)))
    lapsed = [entry for entry in entries() if entry.entry_type is EntryType.EXPIRATION]
    assert [(entry.amount, entry.lot_id) for entry in lapsed] == ([(spent - 20, first.id)] if spent < 20 else [])
    ledger_sums()
    assert all(row.expires_next_at is None or row.expires_next_at > clock.now() for row in CreditBalance.scan())
