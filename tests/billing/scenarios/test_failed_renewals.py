"""A failed renewal keeps access for seven days; a success restores it at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2

from chalicelib.billing.enums import PaymentStatus, SubscriptionStatus
from chalicelib.billing.models import Subscription
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, balances, of_type, payments, subscriptions

Drain = Callable[[], list[Any]]
Buy = Callable[..., list[Json]]


def fail_renewal(stripe_sandbox: StripeSandbox, events: list[Json], seconds_ago: int) -> Json:
    """Fail a renewal that was due that long ago, and deliver the event."""
    paid = of_type(events, "invoice.paid")["data"]["object"]
    intent = of_type(events, "payment_intent.succeeded")["data"]["object"]
    due = int(time.time()) - seconds_ago
    with stripe_sandbox.store() as stripe:
        refused = stripe.put(
            intent
            | {
                "id": intent["id"] + f"renewal{seconds_ago}",
                "status": "requires_payment_method",
                "latest_charge": None,
                "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"},
            }
        )
        invoice = stripe.put(
            paid
            | {
                "id": paid["id"] + f"renewal{seconds_ago}",
                "status": "open",
                "amount_paid": 0,
                "created": due - 3600,
                "status_transitions": {"finalized_at": due, "paid_at": None},
            }
        )
        stripe.put(
            {
                "id": "inpay_" + refused["id"],
                "object": "invoice_payment",
                "created": due,
                "invoice": invoice["id"],
                "payment": {"payment_intent": refused["id"], "type": "payment_intent"},
                "status": "open",
            }
        )
        row = stripe.get("subscription", paid["parent"]["subscription_details"]["subscription"])
        row["status"] = "past_due"
        stripe.emit("invoice.payment_failed", invoice)
        event = stripe.emitted[-1]
    stripe_sandbox.drain()
    return event


def test_a_failed_renewal_keeps_access_for_seven_days_from_the_oldest_unpaid_invoice(
    api: httpx2.Client, member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member)
    stripe_sandbox.deliver(events)
    drain()
    day = 86_400
    fail_renewal(stripe_sandbox, events, 2 * day)
    assert drain() == []
    (row,) = subscriptions()
    assert row.status is SubscriptionStatus.PAST_DUE
    assert api.get("/v1/billing/subscription", headers=member.headers).json()["has_access"]
    failed = next(payment for payment in payments() if payment.status is PaymentStatus.FAILED)
    assert (failed.amount, failed.failure_reason) == (Decimal(30), "insufficient_funds")
    assert balances() == {member.relationship_id: 20}
    fail_renewal(stripe_sandbox, events, 8 * day)
    assert drain() == []
    (row,) = subscriptions()
    assert row.past_due_since is not None
    assert row.past_due_since < datetime.now(UTC) - timedelta(days=7)
    lost = api.get("/v1/billing/subscription", headers=member.headers).json()
    assert (lost["has_access"], lost["plan_name"]) == (False, None)
    assert lost["subscription"]["status"] == "past_due"


def test_a_success_restores_access_and_completes_the_payment(
    api: httpx2.Client, member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    events = events_of(member)
    stripe_sandbox.deliver(events)
    drain()
    failed = fail_renewal(stripe_sandbox, events, 10 * 86_400)
    drain()
    assert not api.get("/v1/billing/subscription", headers=member.headers).json()["has_access"]
    invoice_id = failed["data"]["object"]["id"]
    with stripe_sandbox.store() as stripe:
        invoice = stripe.get("invoice", invoice_id)
        invoice |= {"status": "paid", "amount_paid": 3000}
        invoice["status_transitions"]["paid_at"] = int(time.time())
        stripe.get("subscription", invoice["parent"]["subscription_details"]["subscription"])["status"] = "active"
        stripe.emit("invoice.paid", invoice)
    stripe_sandbox.drain()
    assert drain() == []
    assert api.get("/v1/billing/subscription", headers=member.headers).json()["has_access"]
    (row,) = subscriptions()
    assert row.status is SubscriptionStatus.ACTIVE
    assert row.past_due_since is None
    assert Counter(payment.status for payment in payments()) == {PaymentStatus.COMPLETED: 2}
    stripe_sandbox.deliver([failed | {"id": "evt_failed_again"}])
    assert drain() == []
    assert Counter(payment.status for payment in payments()) == {PaymentStatus.COMPLETED: 2}
    assert Subscription.get(row.id).status is SubscriptionStatus.ACTIVE
