"""Events of an erased owner: the kept payment is updated, and no personal data is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.billing.models import Customer
from chalicelib.billing.service.sync import intake as service
from chalicelib.integrations.stripe.payments import create_refund
from chalicelib.kit import clock, ids
from chalicelib.retention.models import PrivacyKind
from chalicelib.retention.service import privacy_requests
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner, payments
from tests.retention.conftest import nothing_in_progress
from tests.retention.factories import traces
from tests.retention.service.test_erasure import OPERATOR

__all__ = ["nothing_in_progress"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Buy = Callable[..., list[dict[str, Any]]]
Drain = Callable[[], list[dict[str, Any]]]


def erase(member: Owner, drain: Drain) -> None:
    privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, f"member:{member.id}")
    assert drain() == []


def apply_event(kind: str, body: dict[str, Any]) -> None:
    """Apply a Stripe event as if its signature was verified."""
    event = {"id": f"evt_{ids.new()}", "object": "event", "type": kind, "livemode": False, "data": {"object": body}}
    event |= {"created": int(clock.now().timestamp()), "api_version": "2024-06-20"}
    service.receive_event(json.dumps(event).encode())


def test_a_late_refund_updates_the_payment_and_stores_no_personal_data(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    buy(member, credit_pack="credits_200")
    customer, [paid] = Customer.get("member", member.id), payments()
    erase(member, drain)
    create_refund(str(paid.stripe_payment_intent_id), str(paid.stripe_charge_id), 100, {}, "late")
    stripe_sandbox.drain()
    assert drain() == []
    [kept] = payments()
    assert kept.refunded_amount == 1
    assert list(traces(customer.email, str(customer.stripe_customer_id), member.id)) == []


def test_a_late_checkout_expiry_stores_no_personal_data(member: Owner, buy: Buy, drain: Drain) -> None:
    buy(member, credit_pack="credits_200")
    customer = Customer.get("member", member.id)
    erase(member, drain)
    body: dict[str, Any] = {"id": "cs_late", "object": "checkout.session", "mode": "payment", "status": "expired"}
    body |= {
        "metadata": {},
        "customer": customer.stripe_customer_id,
        "customer_details": {"email": customer.email, "name": "Ada"},
    }
    body |= {"payment_status": "unpaid", "payment_intent": None, "subscription": None, "expires_at": 1}
    apply_event("checkout.session.expired", body)
    assert drain() == []
    assert list(traces(customer.email, str(customer.stripe_customer_id))) == []


def test_the_evidence_of_a_dispute_is_never_stored(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """A dispute has no customer id, so an erasure could not find it."""
    buy(member, credit_pack="credits_200")
    customer, [paid] = Customer.get("member", member.id), payments()
    evidence = {
        "customer_email_address": customer.email,
        "customer_name": "Ada Mark",
        "uncategorized_text": "x" * 400_000,
    }
    disputed = stripe_sandbox.open_dispute(str(paid.stripe_charge_id))
    apply_event("charge.dispute.updated", disputed | {"evidence": evidence})
    stripe_sandbox.drain()
    assert drain() == []
    assert list(traces("Ada Mark")) == []
    assert payments()[0].dispute is not None
    erase(member, drain)
    apply_event("charge.dispute.updated", disputed | {"evidence": evidence})
    assert drain() == []
    assert list(traces(customer.email, "Ada Mark")) == []
