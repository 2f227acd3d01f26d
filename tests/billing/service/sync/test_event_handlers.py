"""Each event is applied once, in any order and both shapes, despite crashes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.billing.enums import PaymentKind, PaymentStatus, SubscriptionStatus, WebhookStatus
from chalicelib.billing.models import CreditBalance, Customer
from chalicelib.billing.service.sync import intake as service
from chalicelib.kit import aws, data_subjects, messages, tombstones
from chalicelib.kit.models import UniqueValue
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from tests.billing.conftest import (
    Json,
    Owner,
    balances,
    entries,
    listen,
    of_type,
    payments,
    subscriptions,
    webhooks,
)

Drain = Callable[[], list[Any]]
Buy = Callable[..., list[Json]]

HANDLED = {
    "customer.subscription.created",
    "checkout.session.completed",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.finalized",
    "payment_intent.succeeded",
}


def facts() -> dict[str, Any]:
    """Return the values that do not depend on the order, without write times."""
    (row,) = subscriptions()
    mine = {name: value for name, value in row.attribute_values.items() if value is not None}
    return {name: value for name, value in mine.items() if name not in ("updated_at", "version")}


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
def test_every_event_of_a_purchase_is_applied_in_both_shapes(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, version: str
) -> None:
    events = events_of(member)
    stripe_sandbox.deliver(events, api_version=version)
    assert drain() == []
    kept = webhooks()
    assert {row.api_version for row in kept.values()} == {version}
    for event in events:
        expected = WebhookStatus.PROCESSED if event["type"] in HANDLED else WebhookStatus.IGNORED
        assert kept[event["id"]].status is expected, event["type"]
    (subscription,), (payment,), (entry,) = subscriptions(), payments(), entries()
    invoice = of_type(events, "invoice.paid")["data"]["object"]
    assert (subscription.owner_id, subscription.status) == (member.id, SubscriptionStatus.ACTIVE)
    assert (payment.kind, payment.status) == (PaymentKind.SUBSCRIPTION, PaymentStatus.COMPLETED)
    assert (payment.amount, payment.currency) == (Decimal(30), "USD")
    assert (payment.stripe_invoice_id, payment.payment_provider_id) == (invoice["id"], invoice["id"])
    intent = of_type(events, "payment_intent.succeeded")["data"]["object"]
    assert (payment.stripe_payment_intent_id, payment.stripe_charge_id) == (intent["id"], intent["latest_charge"])
    assert (payment.owner_id, payment.subscription_id) == (member.id, subscription.id)
    assert (entry.relationship_id, entry.amount, entry.payment_transaction_id) == (
        member.relationship_id,
        20,
        payment.id,
    )
    assert entry.expires_at is not None
    assert balances() == {member.relationship_id: 20}


def test_a_payment_in_both_shapes_is_stored_once(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """The API version of the endpoint changed between the two events that Stripe sends for each payment."""
    events = events_of(member)
    stripe_sandbox.deliver([of_type(events, "invoice.paid")], api_version=OLD_API_VERSION)
    stripe_sandbox.deliver([of_type(events, "invoice.payment_succeeded")], api_version=NEW_API_VERSION)
    assert drain() == []
    assert (len(payments()), len(entries())) == (1, 1)
    assert {row.status for row in webhooks().values()} == {WebhookStatus.PROCESSED}


@pytest.mark.parametrize("kind", sorted(HANDLED))
def test_each_event_alone_creates_the_subscription(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, kind: str
) -> None:
    stripe_sandbox.deliver([of_type(events_of(member), kind)])
    assert drain() == []
    (row,) = subscriptions()
    assert (row.owner_id, row.status) == (member.id, SubscriptionStatus.ACTIVE)
    tells_of_payment = kind in (
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice.finalized",
        "payment_intent.succeeded",
    )
    assert balances() == ({member.relationship_id: 20} if tells_of_payment else {})


@pytest.mark.parametrize("kind", ["invoice.paid", "customer.subscription.created"])
def test_a_hundred_concurrent_deliveries_of_an_event_have_one_effect(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, kind: str
) -> None:
    events = events_of(member)
    deliveries = stripe_sandbox.deliver([of_type(events, kind)], copies=100, parallel=20)
    assert Counter(delivery.status for delivery in deliveries) == {200: 100}
    assert drain() == []
    stripe_sandbox.deliver(events)
    assert drain() == []
    assert len(webhooks()) == len(events)
    assert (len(subscriptions()), len(payments()), len(entries())) == (1, 1, 1)
    assert balances() == {member.relationship_id: 20}


def test_concurrent_workers_grant_a_purchase_once(member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox) -> None:
    """Several workers process every event concurrently, as Lambda does with late messages."""
    events = events_of(member)
    stripe_sandbox.deliver(events)
    work = [event["id"] for event in events if event["type"] in HANDLED] * 6
    with ThreadPoolExecutor(12) as workers:
        list(workers.map(service.process_event, work))
    assert {row.status for row in webhooks().values()} <= {WebhookStatus.PROCESSED, WebhookStatus.RECEIVED}
    assert (len(subscriptions()), len(payments()), len(entries())) == (1, 1, 1)
    (head,) = CreditBalance.scan()
    assert (head.balance, [lot["remaining"] for lot in head.lots]) == (20, [20])
    assert payments()[0].status is PaymentStatus.COMPLETED


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
def test_any_order_ends_in_the_same_rows(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, seed: int, version: str
) -> None:
    """Bought, canceled at period end, ended at once: all events late, shuffled and duplicated."""
    events = events_of(member)
    subscription_id = of_type(events, "customer.subscription.created")["data"]["object"]["id"]
    with stripe_sandbox.store() as store:
        stripe_object = store.get("subscription", subscription_id)
        stripe_object |= {"cancel_at_period_end": True, "canceled_at": stripe_object["created"] + 10}
        store.emit("customer.subscription.updated", stripe_object)
        stripe_object |= {"status": "canceled", "ended_at": stripe_object["created"] + 20}
        store.emit("customer.subscription.deleted", stripe_object)
        events += store.emitted
        store.emitted = []
    stripe_sandbox.deliver(events, order="shuffled", copies=2, seed=seed, api_version=version)
    assert drain() == []
    (row,) = subscriptions()
    ended = datetime.fromtimestamp(of_type(events, "customer.subscription.deleted")["created"], UTC)
    assert (row.status, row.last_stripe_event_at) == (SubscriptionStatus.CANCELED, ended)
    assert row.ended_at == row.started_at + timedelta(seconds=20)
    assert row.cancelled_at == row.started_at + timedelta(seconds=10)
    assert row.cancel_at_period_end
    assert (len(payments()), len(entries())) == (1, 1)


def test_a_late_older_state_changes_nothing(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member)
    created = of_type(events, "customer.subscription.created")
    stripe_sandbox.deliver(events)
    drain()
    with stripe_sandbox.store() as store:
        row = store.get("subscription", created["data"]["object"]["id"])
        row |= {"status": "canceled", "ended_at": row["created"] + 20}
        store.emit("customer.subscription.deleted", row)
    stripe_sandbox.drain()
    drain()
    before = facts()
    assert before["status"] is SubscriptionStatus.CANCELED
    late = created | {"id": "evt_late", "data": {"object": created["data"]["object"] | {"status": "active"}}}
    stripe_sandbox.deliver([late])
    assert drain() == []
    assert webhooks()["evt_late"].status is WebhookStatus.PROCESSED
    assert facts() == before


def test_an_event_of_a_subscription_missing_at_stripe_is_ignored(stripe_sandbox: StripeSandbox, drain: Drain) -> None:
    at = int(time.time())
    stripe_object = {"id": "sub_gone", "object": "subscription", "status": "active", "customer": "cus_gone"}
    event = {
        "id": "evt_gone",
        "object": "event",
        "api_version": NEW_API_VERSION,
        "created": at,
        "data": {"object": stripe_object},
        "livemode": False,
        "type": "customer.subscription.updated",
    }
    stripe_sandbox.deliver([event])
    assert drain() == []
    row = webhooks()["evt_gone"]
    assert (row.status, row.error_message) == (WebhookStatus.IGNORED, "its object no longer exists at Stripe")
    assert subscriptions() == []


def test_an_unknown_customer_is_recorded_and_a_later_event_applies_the_purchase(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member)
    (customer,) = Customer.scan()
    guard = UniqueValue.get(f"billing/customers/stripe_customer_id/{customer.stripe_customer_id}")
    guard.delete()
    created, paid = (of_type(events, kind) for kind in ("customer.subscription.created", "invoice.paid"))
    stripe_sandbox.deliver([created])
    assert drain() == []
    row = webhooks()[created["id"]]
    assert row.status is WebhookStatus.IGNORED
    assert row.error_message == "its customer is not registered"
    guard.save()
    stripe_sandbox.deliver([paid])
    assert drain() == []
    assert len(subscriptions()) == 1
    assert balances() == {member.relationship_id: 20}


def test_an_unknown_price_is_recorded_and_an_existing_row_is_still_updated(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member)
    created = of_type(events, "customer.subscription.created")
    with stripe_sandbox.store() as store:
        row = store.get("subscription", created["data"]["object"]["id"])
        known = row["items"]["data"][0]["price"]
        row["items"]["data"][0]["price"] = known | {"id": "price_of_the_dashboard"}
    stripe_sandbox.deliver([created])
    assert drain() == []
    assert webhooks()[created["id"]].status is WebhookStatus.IGNORED
    with stripe_sandbox.store() as store:
        row = store.get("subscription", created["data"]["object"]["id"])
        row["items"]["data"][0]["price"] = known
    stripe_sandbox.deliver([created])
    drain()
    assert [row.plan_name for row in subscriptions()] == ["try_it_out"]
    with stripe_sandbox.store() as store:
        row = store.get("subscription", created["data"]["object"]["id"])
        row["items"]["data"][0]["price"] = known | {"id": "price_of_the_dashboard"}
        row["cancel_at_period_end"] = True
        store.emit("customer.subscription.updated", row)
    stripe_sandbox.drain()
    assert drain() == []
    (kept,) = subscriptions()
    assert (kept.plan_name, kept.cancel_at_period_end) == ("try_it_out", True)


def test_a_message_lost_after_the_write_is_published_at_redelivery(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """The topic is unavailable; the row is written, the event is not processed."""
    topic = messages.topic_arn("billing-subscription_changed")
    created = of_type(events_of(member), "customer.subscription.created")
    stripe_sandbox.deliver([created])
    aws.client("sns").delete_topic(TopicArn=topic)
    assert len(drain()) == 1
    (row,) = subscriptions()
    assert webhooks()[created["id"]].status is WebhookStatus.FAILED
    assert aws.client("sns").create_topic(Name=topic.rpartition(":")[2])["TopicArn"] == topic
    receive = listen()
    stripe_sandbox.deliver([created])
    assert drain() == []
    assert webhooks()[created["id"]].status is WebhookStatus.PROCESSED
    (after,) = subscriptions()
    assert after.version == row.version
    assert [message["version"] for message in receive()] == [row.version]


def test_the_entitlement_of_an_owner_is_published(
    store: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    receive = listen()
    events = events_of(store, "professional", billing_cycle="annual")
    stripe_sandbox.deliver([of_type(events, "customer.subscription.created")])
    assert drain() == []
    (message,), (row,) = receive(), subscriptions()
    assert (message["owner_type"], message["owner_id"], message["subscription_id"]) == ("store", store.id, row.id)
    assert (message["plan_name"], message["status"], message["billing_cycle"]) == ("professional", "trialing", "annual")
    assert message["limits"]["max_products"] == 5000
    assert row.current_period_end is not None
    assert datetime.fromisoformat(message["access_until"]) == row.current_period_end + timedelta(days=1)
    assert message["version"] == row.version == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"payment_status": "unpaid"}, "not paid yet"),
        ({"mode": "payment", "subscription": None, "payment_intent": None}, "the checkout has no payment"),
    ],
)
def test_an_unpaid_checkout_grants_nothing(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, changes: Json, reason: str
) -> None:
    completed = of_type(events_of(member), "checkout.session.completed")
    stripe_sandbox.deliver([completed | {"data": {"object": completed["data"]["object"] | changes}}])
    assert drain() == []
    row = webhooks()[completed["id"]]
    assert (row.status, row.error_message) == (WebhookStatus.IGNORED, reason)
    assert subscriptions() == []


def test_an_event_of_an_erased_owner_is_stored_without_its_content(
    member: Owner, store: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    plans = ((member, "try_it_out"), (store, "starter"))
    theirs, others = (of_type(events_of(*plan), "customer.subscription.created") for plan in plans)
    customer = theirs["data"]["object"]["customer"]
    tombstones.add(data_subjects.stripe_customer(customer))  # an erasure writes it with the rows
    UniqueValue(f"billing/customers/stripe_customer_id/{customer}").delete()
    stripe_sandbox.deliver([theirs, others])
    assert drain() == []
    rows = webhooks()
    assert rows[theirs["id"]].status is WebhookStatus.IGNORED
    assert customer not in str(rows[theirs["id"]].attribute_values)
    assert rows[others["id"]].payload is not None
    stripe_sandbox.deliver([theirs])
    service.replay_event(others["id"])
    service.replay_event(theirs["id"])
    assert drain() == []
    assert webhooks()[theirs["id"]].error_message == "its payload is not stored"
