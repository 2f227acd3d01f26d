"""Which payments grant credits, and for which months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalicelib.billing.domain import monthly_grants
from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.billing.models import CreditBalance, SubscriptionPlan
from chalicelib.billing.service import grant_schedule
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, entries, of_type, payments, subscriptions

Drain = Callable[[], list[Any]]
Buy = Callable[..., list[Json]]


def test_a_trial_grants_nothing_and_is_not_a_payment(
    store: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    stripe_sandbox.deliver(events_of(store, "starter"))
    assert drain() == []
    (row,) = subscriptions()
    assert (row.status, row.max_orders_per_month) == (SubscriptionStatus.TRIALING, 1000)
    assert row.trial_ends_at == row.current_period_end
    assert (payments(), entries()) == ([], [])


def test_a_year_is_granted_month_by_month(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """Only the first month has started. In a year bought five months ago, the schedule grants five more."""
    events = events_of(member, "better_together")
    stripe_sandbox.deliver(events)
    drain()
    assert balances() == {member.relationship_id: 40}
    paid = of_type(events, "invoice.paid")
    with stripe_sandbox.store() as stripe:
        (line,) = stripe.get("invoice", paid["data"]["object"]["id"])["lines"]["data"]
        started = datetime.fromtimestamp(line["period"]["start"], UTC)
        for name, count in (("start", -5), ("end", 7)):
            line["period"][name] = int(monthly_grants.add_months(started, count).timestamp())
    stripe_sandbox.deliver([paid | {"id": "evt_again"}])
    assert drain() == []
    grant_schedule.grant_due_months(clock.now(), None)
    first = datetime.fromtimestamp(line["period"]["start"], UTC)
    months = sorted(entry.source_key.rpartition("/")[2] for entry in entries())
    assert months[0] == f"{first:%Y-%m-%d}"
    assert len(months) == len(set(months)) == 6
    assert balances() == {member.relationship_id: 240}
    expiries = [lot["expires_at"] for lot in CreditBalance.get(member.relationship_id).lots]
    assert expiries == sorted(expiries)
    assert max(entry.balance_after for entry in entries()) == 240


def test_two_lines_of_one_month_grant_the_larger_plan_once(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """A subscription from the dashboard with items of two plans: each line opens the same month."""
    prices = SubscriptionPlan.get("premium_plus").stripe_prices
    events = events_of(member, "try_it_out")
    with stripe_sandbox.store() as stripe:
        (invoice,) = stripe.all("invoice")
        (line,) = invoice["lines"]["data"]
        other = {"type": "price_details", "price_details": {"price": prices["annual"][0], "product": "premium_plus"}}
        invoice["lines"]["data"] = [line | {"id": "il_2", "pricing": other}, line]
    stripe_sandbox.deliver(events, api_version="2025-04-30.basil")
    assert drain() == []
    assert len(payments()) == 1
    assert [(entry.amount, entry.reason.split(",")[0]) for entry in entries()] == [(80, "premium_plus")]


def test_a_redelivered_month_keeps_the_credits_of_its_payment(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member, "try_it_out")
    stripe_sandbox.deliver(events)
    assert drain() == []
    SubscriptionPlan.get("try_it_out").update(actions=[SubscriptionPlan.included_credits.set(25)])
    stripe_sandbox.deliver([of_type(events, "invoice.paid") | {"id": "evt_again"}])
    assert drain() == []
    assert balances() == {member.relationship_id: 20}
