"""The invariant check reports each violation, and nothing in a consistent state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2

from chalicelib.billing.enums import PaymentStatus
from chalicelib.billing.models import CreditBalance, StripeWebhook, Subscription
from chalicelib.billing.service import invariants
from chalicelib.kit import aws, clock, messages
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, of_type, operator, payments, subscriptions, webhooks

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


def test_a_consistent_state_has_no_violations(member: Owner, store: Owner, buy: Buy) -> None:
    buy(member, plan="better_together")
    buy(store, plan="starter")
    assert invariants.check(clock.now() + timedelta(minutes=11)) == []


def test_a_subscription_with_a_missed_renewal_is_reported(member: Owner, buy: Buy) -> None:
    buy(member, plan="try_it_out")
    (row,) = subscriptions()
    assert row.current_period_end is not None
    assert invariants.check(row.current_period_end + timedelta(minutes=9)) == []
    for later in (timedelta(minutes=11), timedelta(days=130)):
        assert f"period_over:{row.id}" in invariants.check(row.current_period_end + later)


def test_a_balance_that_differs_from_its_ledger_is_reported(member: Owner, buy: Buy) -> None:
    buy(member, plan="try_it_out")
    (head,) = CreditBalance.scan()
    head.update(actions=[CreditBalance.balance.set(21)])
    assert invariants.check(clock.now()) == [f"balance:{member.relationship_id}"]


def test_a_payment_without_an_event_is_reported(member: Owner, buy: Buy) -> None:
    buy(member, plan="try_it_out")
    (payment,) = payments()
    StripeWebhook(str(payment.stripe_event_id)).delete()
    assert invariants.check(clock.now()) == [f"payment_without_event:{payment.id}"]


def test_a_payment_completed_days_later_is_reported_only_without_its_event(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, pass_time: Buy
) -> None:
    """The card is declined, and accepted some days later."""
    stripe_sandbox.deliver(events_of(member))
    with stripe_sandbox.store() as stripe:
        (customer,) = {row["customer"] for row in stripe.all("subscription")}
    for declines, days in ((True, 32), (False, 4)):
        stripe_sandbox.set_card(customer, declines=declines)
        pass_time(days=days)
        assert drain() == []
    renewal = max(payments(), key=lambda row: row.created_at)
    assert renewal.status is PaymentStatus.COMPLETED
    assert invariants.check(clock.now()) == []
    StripeWebhook(str(renewal.stripe_event_id)).delete()
    assert invariants.check(clock.now()) == [f"payment_without_event:{renewal.id}"]


def test_an_event_with_a_lost_message_is_reported_and_queued_again(
    member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    created = of_type(events_of(member), "customer.subscription.created")
    stripe_sandbox.deliver([created])
    aws.client("sqs").purge_queue(QueueUrl=messages.queue_url("billing-process_stripe_event"))
    assert drain() == []
    assert list(Subscription.scan()) == []
    assert invariants.check(clock.now() + timedelta(minutes=11)) == [f"event_unprocessed:{created['id']}"]
    assert drain() == []
    assert len(subscriptions()) == 1
    assert invariants.check(clock.now() + timedelta(minutes=11)) == []


def test_operators_list_and_replay_events(api: httpx2.Client, member: Owner, buy: Buy, drain: Drain) -> None:
    events = buy(member, plan="try_it_out")
    paid = of_type(events, "invoice.paid")["id"]
    url = "/v1/operator/billing/events"
    listed = api.get(url, params={"event_type": "invoice.paid"}, headers=operator()).json()["items"]
    assert [(event["stripe_event_id"], event["status"]) for event in listed] == [(paid, "processed")]
    assert api.get(url, headers=operator()).json()["items"] == []
    again = api.post(f"{url}/{paid}/replay", headers=operator())
    assert (again.status_code, again.json()["status"]) == (202, "received")
    assert drain() == []
    assert webhooks()[paid].status == "processed"
    assert webhooks()[paid].attempts == 2
    assert len(payments()) == 1
    assert api.get(f"{url}/{paid}", headers=operator()).json()["attempts"] == 2
    assert api.get(f"{url}/evt_none", headers=operator()).status_code == 404
    assert api.post(f"{url}/evt_none/replay", headers=operator()).status_code == 404
    for params in ({"status": "processed"}, {"status": "failed", "event_type": "x"}):
        assert api.get(url, params=params, headers=operator()).status_code == 422


def test_an_event_that_fails_is_listed_with_its_error(
    api: httpx2.Client, member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    created = of_type(events_of(member), "customer.subscription.created")
    broken = created["data"]["object"] | {"status": "canceled", "items": {"data": [{}]}}
    stripe_sandbox.deliver([created | {"data": {"object": broken}}])
    assert drain() != []
    (listed,) = api.get("/v1/operator/billing/events", headers=operator()).json()["items"]
    assert (listed["status"], listed["error_message"]) == ("failed", "KeyError: 'plan'")


def test_an_operator_grants_credits_once_per_key(api: httpx2.Client, member: Owner) -> None:
    body = {"owner_type": "member", "owner_id": member.id, "amount": 5, "reason": "sorry"}
    headers = operator() | {"Idempotency-Key": "k"}
    first, second = (api.post("/v1/operator/billing/credits", json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201, first.text
    assert first.json() == second.json()
    assert api.get("/v1/billing/credits", headers=member.headers).json()["balance"] == 5
    past = api.post(
        "/v1/operator/billing/credits", json=body | {"expires_at": "2020-01-01T00:00:00Z"}, headers=operator()
    )
    assert (past.status_code, past.json()["code"]) == (422, "InvalidExpiry")
    assert past.json()["errors"][0]["path"] == "body.expires_at"
    unknown = body | {"owner_id": "nobody"}
    assert api.post("/v1/operator/billing/credits", json=unknown, headers=operator()).status_code == 404
