"""A bank debit is processing for days: until it fails or succeeds, the payment is pending and no notice is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.billing.enums import PaymentStatus, SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.billing.service import dunning
from chalicelib.billing.service.entitlements import entitlement
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox, bank_debits
from tests.billing.conftest import Json, Owner, listen, payments, subscriptions
from tests.billing.subscription_factories import Drain, Subscribe, subscribe

__all__ = ["subscribe"]

Debit = tuple[str, Json]


@pytest.fixture
def debit(member: Owner, subscribe: Subscribe, stripe_sandbox: StripeSandbox, drain: Drain) -> Callable[..., Debit]:
    """`debit(status)`: leave a renewal unpaid for three days, pay it by a bank debit, and deliver `invoice.updated`."""

    def begin(status: str = "active") -> Debit:
        stripe_id = subscribe(member)
        with stripe_sandbox.store() as stripe:
            (paid,) = stripe.all("invoice")
            due = stripe.now - 3 * 86_400
            renewal = stripe.put(
                paid
                | {"id": "in_renewal", "status": "open", "amount_paid": 0, "attempted": False, "attempt_count": 0}
                | {"status_transitions": {"finalized_at": due, "paid_at": None}}
            )
            stripe.get("subscription", stripe_id)["status"] = status
            intent = bank_debits.begin(stripe, renewal["id"])
            stripe.emit("invoice.payment_failed", renewal)
        stripe_sandbox.drain()
        assert drain() == []
        return "in_renewal", intent

    return begin


def renewal() -> Any:
    (row,) = [row for row in payments() if row.stripe_invoice_id == "in_renewal"]
    return row


def notices_at(moment: datetime, published: Callable[[], list[Json]]) -> list[int]:
    dunning.notify_due(moment)
    return [message["notice_day"] for message in published()]


def settle(stripe_sandbox: StripeSandbox, drain: Drain, outcome: Callable[..., None], paid: Debit) -> None:
    with stripe_sandbox.store() as stripe:
        outcome(stripe, paid[0], stripe.get("payment_intent", paid[1]["id"]))
    stripe_sandbox.drain()
    assert drain() == []


def test_a_renewal_by_debit_is_pending_until_it_succeeds(
    member: Owner, debit: Callable[..., Debit], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    failures = listen("billing-payment_failed")
    paid = debit()
    assert (renewal().status, renewal().failure_reason, failures()) == (PaymentStatus.PENDING, None, [])
    assert entitlement(*_owner(member)).has_access
    settle(stripe_sandbox, drain, bank_debits.succeed, paid)
    assert (renewal().status, renewal().failed_at, failures()) == (PaymentStatus.COMPLETED, None, [])


def test_no_notice_is_sent_while_a_debit_pays_an_overdue_invoice(
    member: Owner, debit: Callable[..., Debit], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    published = listen("billing-reminder_due")
    paid = debit("past_due")
    now = clock.now()
    assert notices_at(now, published) == []
    settle(stripe_sandbox, drain, bank_debits.fail, paid)
    assert (renewal().status, renewal().failure_reason) == (PaymentStatus.FAILED, "insufficient_funds")
    assert notices_at(now, published) == [2]
    (row,) = subscriptions()
    assert row.status is SubscriptionStatus.PAST_DUE
    with stripe_sandbox.store() as stripe:
        again = bank_debits.begin(stripe, "in_renewal")
        stripe.get("payment_intent", again["id"])["created"] += 1
        for each in stripe.all("invoice_payment"):
            each["created"] += 1 if each["payment"]["payment_intent"] == again["id"] else 0
        stripe.emit("invoice.payment_failed", stripe.get("invoice", "in_renewal"))
    stripe_sandbox.drain()
    assert drain() == []
    assert renewal().status is PaymentStatus.PENDING, "another attempt is processing"
    assert notices_at(now + timedelta(days=4), published) == []
    assert Subscription.get(row.id).past_due_since == row.past_due_since, "a debit gives no new days"
    settle(stripe_sandbox, drain, bank_debits.succeed, ("in_renewal", again))
    assert renewal().status is PaymentStatus.COMPLETED
    assert subscriptions()[0].past_due_since is None


def _owner(member: Owner) -> tuple[Any, str]:
    (row,) = [row for row in subscriptions() if row.owner_id == member.id]
    return row.owner_type, row.owner_id
