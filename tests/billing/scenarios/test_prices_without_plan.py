"""Access depends on the current price: one that is no plan of the owner's audience gives none and raises an alarm."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.billing.models import Subscription, SubscriptionAddon, SubscriptionPlan
from chalicelib.billing.service import grant_schedule
from chalicelib.billing.service.sync import intake
from chalicelib.kit import clock, metrics
from infra.sandbox.stripe import StripeSandbox
from infra.sandbox.stripe.catalog import plan_of
from tests.billing.conftest import Json, Owner, balances, payments, subscriptions
from tests.billing.subscription_factories import Buy, Drain, Subscribe, subscribe

__all__ = ["subscribe"]


@pytest.fixture
def alarms(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the metrics that were written, without those of queues and handlers."""
    names: list[str] = []
    monkeypatch.setattr(metrics, "write", lambda metric, value, _: names.extend([metric.name] * value))
    return names


def price_of(plan: str) -> str:
    if plan == "surprise_box":
        return str(SubscriptionAddon.get(plan).stripe_price_id)
    (price_id, *_) = next(iter(SubscriptionPlan.get(plan).stripe_prices.values()))
    return str(price_id)


def set_price(stripe_sandbox: StripeSandbox, stripe_id: str, price_id: str, quantity: int = 1) -> None:
    """Set the price of a subscription as in Stripe's dashboard, and send the event."""
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        price = stripe.get("price", price_id)
        (item,) = row["items"]["data"]
        item |= {"price": price, "plan": plan_of(price), "quantity": quantity}
        stripe.emit("customer.subscription.updated", row)
    stripe_sandbox.drain()


def entitled(api: httpx2.Client, owner: Owner) -> Json:
    shown: Json = api.get("/v1/billing/subscription", headers=owner.headers).json()
    return shown


@pytest.mark.parametrize(("price", "plan"), [("starter", "starter"), ("surprise_box", "try_it_out")])
def test_a_price_that_is_no_plan_of_the_audience_ends_access_until_one_is_paid(
    api: httpx2.Client,
    member: Owner,
    subscribe: Subscribe,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    alarms: list[str],
    price: str,
    plan: str,
) -> None:
    stripe_id = subscribe(member)
    assert entitled(api, member)["has_access"]
    set_price(stripe_sandbox, stripe_id, price_of(price), 2)
    assert drain() == []
    shown = entitled(api, member)
    assert (shown["has_access"], shown["plan_name"], shown["limits"]) == (False, None, {})
    assert (shown["subscription"]["plan_name"], shown["subscription"]["quantity"]) == (plan, 2)
    assert "SubscriptionsWithoutPlan" in alarms
    alarms.clear()
    set_price(stripe_sandbox, stripe_id, price_of("try_it_out"))
    assert drain() == []
    assert (entitled(api, member)["plan_name"], alarms.count("SubscriptionsWithoutPlan")) == ("try_it_out", 0)


def test_another_audience_s_plan_gives_no_access_to_a_new_subscriber(
    api: httpx2.Client,
    store: Owner,
    events_of: Buy,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
    alarms: list[str],
) -> None:
    events = events_of(store, "starter")
    stripe_id = next(e["data"]["object"]["id"] for e in events if e["type"] == "customer.subscription.created")
    set_price(stripe_sandbox, stripe_id, price_of("try_it_out"))
    with stripe_sandbox.store() as stripe:
        price_id = price_of("try_it_out")
        for line in stripe.all("invoice")[0]["lines"]["data"]:
            line["pricing"]["price_details"]["price"] = price_id
    stripe_sandbox.deliver(events)
    assert drain() == []
    (row,) = subscriptions()
    assert (row.is_without_plan, row.plan_name) == (True, "try_it_out")
    assert row.max_products is None
    assert entitled(api, store)["plan_name"] == "free"
    assert balances() == {}
    assert all(payment.plan_name is None for payment in payments())
    assert "SubscriptionsWithoutPlan" in alarms


def test_months_of_a_yearly_plan_grant_no_credits_while_the_owner_has_no_plan(
    member: Owner, buy: Buy, pass_time: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, plan="better_together")
    assert balances() == {member.relationship_id: 40}
    stripe_id = str(subscriptions()[0].stripe_subscription_id)
    for price, balance in (("starter", 40), ("better_together", 80)):
        set_price(stripe_sandbox, stripe_id, price_of(price))
        assert drain() == []
        pass_time(days=31)
        grant_schedule.grant_due_months(clock.now(), None)
        assert balances() == {member.relationship_id: balance}


def test_the_plan_s_item_is_found_on_the_second_page(
    api: httpx2.Client, member: Owner, subscribe: Subscribe, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    stripe_id = subscribe(member)
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        (plan,), other = row["items"]["data"], stripe.get("price", price_of("surprise_box"))
        others = [plan | {"id": f"si_{number}", "price": other, "plan": plan_of(other)} for number in range(11)]
        row["items"]["data"] = [*others, plan]
        stripe.emit("customer.subscription.updated", row)
    stripe_sandbox.drain()
    assert drain() == []
    (synced,) = subscriptions()
    assert (synced.plan_name, synced.is_without_plan) == ("try_it_out", False)
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row |= {"status": "canceled", "ended_at": stripe.now}
        stripe.emit("customer.subscription.deleted", row)
    stripe_sandbox.drain()
    assert drain() == []
    (synced,) = subscriptions()
    assert (synced.status, synced.is_without_plan) == ("canceled", False)


def test_an_older_invoice_written_off_or_paid_does_not_restart_the_grace_period(
    api: httpx2.Client, member: Owner, subscribe: Subscribe, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    stripe_id = subscribe(member)

    def send(**older: Any) -> Subscription:
        with stripe_sandbox.store() as stripe:
            row = stripe.get("subscription", stripe_id)
            row["status"] = "past_due"
            for name, days in (("in_older", 8), ("in_newer", 2)):
                if stripe.find(name) is None:
                    due = {"finalized_at": stripe.now - days * 86_400, "paid_at": None}
                    unpaid = {"id": name, "status": "open", "amount_paid": 0, "status_transitions": due}
                    stripe.put(stripe.all("invoice")[-1] | unpaid)
            invoice = stripe.get("invoice", "in_older")
            invoice |= {"status": older["status"]}
            invoice["status_transitions"]["paid_at"] = stripe.now if older["status"] == "paid" else None
            stripe.emit("customer.subscription.updated", row)
        stripe_sandbox.drain()
        assert drain() == []
        (synced,) = subscriptions()
        return synced

    since = send(status="open").past_due_since
    assert since is not None
    assert not entitled(api, member)["has_access"]
    for status in ("uncollectible", "paid"):
        assert send(status=status).past_due_since == since
        assert not entitled(api, member)["has_access"]


@settings(
    max_examples=4,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_events_in_any_order_and_number_end_in_the_same_row(
    member: Owner, subscribe: Subscribe, stripe_sandbox: StripeSandbox, drain: Drain, data: st.DataObject
) -> None:
    """Prices change while a quantity, a pause and a planned end are set; the events arrive shuffled and repeated."""
    if not subscriptions():
        subscribe(member)
    stripe_id = str(subscriptions()[0].stripe_subscription_id)
    stripe_sandbox.hold_events = True
    for plan in ("premium_plus", "starter", data.draw(st.sampled_from(["try_it_out", "starter"]))):
        set_price(stripe_sandbox, stripe_id, price_of(plan), data.draw(st.integers(1, 3)))
    with stripe_sandbox.store() as stripe:
        row = stripe.get("subscription", stripe_id)
        row["pause_collection"] = data.draw(st.sampled_from([None, {"behavior": "void", "resumes_at": None}]))
        row["cancel_at"] = data.draw(st.sampled_from([None, stripe.now + 60]))
        stripe.emit("customer.subscription.updated", row)
    events = stripe_sandbox.held()
    copies, seed = data.draw(st.integers(1, 2)), data.draw(st.integers(0, 99))
    stripe_sandbox.deliver_held(order="shuffled", copies=copies, seed=seed)
    stripe_sandbox.hold_events = False
    assert drain() == []
    (synced,) = subscriptions()
    before = _columns(synced)
    assert synced.is_without_plan is (row["items"]["data"][0]["price"]["id"] == price_of("starter"))
    assert (synced.pause_collection is None) is (row["pause_collection"] is None)
    synced.delete()
    for event in events[-1:]:
        intake.replay_event(event["id"])
    assert drain() == []
    assert _columns(subscriptions()[0]) == before


def _columns(row: Subscription) -> dict[str, Any]:
    """Return the columns that Stripe decides."""
    bookkeeping = {"version", "updated_at", "last_stripe_event_at", "reminded_until"}
    return {name: value for name, value in row.attribute_values.items() if name not in bookkeeping}
