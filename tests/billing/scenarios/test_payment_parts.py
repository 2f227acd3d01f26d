"""An invoice that two payment intents paid is refunded over both; one paid outside of Stripe is not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.billing.domain import money
from chalicelib.billing.enums import OwnerType, PaymentStatus, RefundStatus
from chalicelib.billing.models import PaymentTransaction, Refund
from chalicelib.billing.service import entitlement, grant_schedule
from chalicelib.integrations.stripe.payments import create_refund
from chalicelib.kit import clock
from infra.sandbox.stripe import NEW_API_VERSION, OLD_API_VERSION, StripeSandbox
from infra.sandbox.stripe import invoices as sandbox_invoices
from infra.sandbox.stripe import payments as sandbox_payments
from tests.billing.conftest import (
    Json,
    Owner,
    balances,
    ledger_sums,
    of_type,
    operator,
    payments,
    refund,
    webhooks,
)

Buy = Callable[..., list[Json]]
Drain = Callable[[], list[Any]]


def pay_by_two(stripe_sandbox: StripeSandbox, invoice_id: str, second: int) -> None:
    """Let a second intent pay `second` cents of a paid invoice."""
    with stripe_sandbox.store() as stripe:
        (first,) = [row for row in stripe.all("invoice_payment") if row["invoice"] == invoice_id]
        first["amount_paid"] -= second
        intent = stripe.get("payment_intent", first["payment"]["payment_intent"])
        charge = stripe.get("charge", intent["latest_charge"])
        for row, name in ((intent, "amount"), (intent, "amount_received"), (charge, "amount")):
            row[name] -= second
        other, _ = sandbox_payments.pay(stripe, second, "usd", intent["customer"], {}, "Second half")
        stripe.now += 1  # two payments in one second have no order
        sandbox_invoices.put_payment(stripe, invoice_id, other)


@pytest.fixture
def halves(member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain) -> PaymentTransaction:
    """Buy a yearly plan (240 USD), paid by two intents of 150 and 90 USD."""
    events = events_of(member, "better_together")
    pay_by_two(stripe_sandbox, of_type(events, "invoice.paid")["data"]["object"]["id"], 9_000)
    stripe_sandbox.deliver(events)
    assert drain() == []
    (payment,) = payments()
    return payment


def ask(api: httpx2.Client, owner: Owner, **wanted: Any) -> httpx2.Response:
    return api.post(f"/v1/billing/payments/{payments()[0].id}/refunds", json=wanted, headers=owner.headers)


def approve(api: httpx2.Client, refund_id: str) -> httpx2.Response:
    return api.post(f"/v1/operator/billing/refunds/{refund_id}/approve", headers=operator())


def refunded_at_stripe(stripe_sandbox: StripeSandbox) -> list[int]:
    with stripe_sandbox.store() as stripe:
        return sorted(row["amount_refunded"] for row in stripe.all("charge"))


def test_a_full_refund_is_made_of_both_intents_and_ends_the_plan(
    api: httpx2.Client, member: Owner, halves: PaymentTransaction, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    assert (halves.amount, balances()) == (Decimal(240), {member.relationship_id: 40})
    asked = ask(api, member)
    assert (asked.status_code, asked.json()["amount"]) == (201, "240.00")
    assert approve(api, asked.json()["id"]).status_code == 200
    stripe_sandbox.drain()
    assert drain() == []
    assert refunded_at_stripe(stripe_sandbox) == [9_000, 15_000]
    (payment,), rows = payments(), list(Refund.scan())
    assert (payment.status, payment.refunded_amount, payment.refunding_amount) == (
        PaymentStatus.REFUNDED,
        Decimal(240),
        Decimal(0),
    )
    assert sorted(row.amount for row in rows) == [90, 150]
    assert {row.status for row in rows} == {RefundStatus.COMPLETED}
    assert not entitlement(OwnerType.MEMBER, member.id).has_access
    assert balances() == {member.relationship_id: 0}
    now = clock.now()
    grant_schedule.grant_due_months(now + timedelta(days=65), now + timedelta(days=25))
    assert balances() == {member.relationship_id: 0}
    ledger_sums()


def test_partial_refunds_are_split_only_where_needed(
    api: httpx2.Client, member: Owner, halves: PaymentTransaction, stripe_sandbox: StripeSandbox
) -> None:
    for amount in ("100.00", "80.00"):
        assert approve(api, ask(api, member, amount=amount).json()["id"]).status_code == 200
    assert refunded_at_stripe(stripe_sandbox) == [8_000, 10_000]
    assert ask(api, member, amount="60.01").status_code == 422
    assert approve(api, ask(api, member).json()["id"]).status_code == 200
    assert refunded_at_stripe(stripe_sandbox) == [9_000, 15_000]
    assert (payments()[0].refunded_amount, len(list(Refund.scan()))) == (Decimal(240), 4)


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
def test_refunds_of_both_intents_in_the_dashboard_are_added_up(
    member: Owner, halves: PaymentTransaction, stripe_sandbox: StripeSandbox, drain: Drain, version: str
) -> None:
    stripe_sandbox.api_version = version
    with stripe_sandbox.store() as stripe:
        charges = [row["id"] for row in stripe.all("charge")]
    for charge in charges:
        refund(stripe_sandbox, charge, amount="1000")
        assert drain() == []
    assert payments()[0].refunded_amount == 20
    for charge in charges:
        refund(stripe_sandbox, charge)
    assert drain() == []
    assert payments()[0].status is PaymentStatus.REFUNDED
    assert not [row for row in webhooks().values() if row.status == "failed"]


def test_a_lost_dispute_of_one_intent_limits_the_refund(
    api: httpx2.Client, member: Owner, halves: PaymentTransaction, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    with stripe_sandbox.store() as stripe:
        second = next(row["id"] for row in stripe.all("charge") if row["amount"] == 9_000)
    stripe_sandbox.open_dispute(second, status="lost")
    stripe_sandbox.drain()
    assert drain() == []
    assert (payments()[0].lost_amount, payments()[0].refunded_amount) == (Decimal(90), Decimal(90))
    assert ask(api, member, amount="150.01").status_code == 422
    assert approve(api, ask(api, member).json()["id"]).status_code == 200
    assert refunded_at_stripe(stripe_sandbox) == [0, 15_000]


def test_concurrent_approvals_refund_each_intent_once(
    api: httpx2.Client, member: Owner, halves: PaymentTransaction, stripe_sandbox: StripeSandbox
) -> None:
    refund_id = ask(api, member, amount="200.00").json()["id"]
    with ThreadPoolExecutor(3) as pool:
        statuses = set(pool.map(lambda _: approve(api, refund_id).status_code, range(3)))
    assert 200 in statuses <= {200, 409, 503}
    assert refunded_at_stripe(stripe_sandbox) == [5_000, 15_000]
    assert (payments()[0].refunded_amount, payments()[0].refunding_amount) == (Decimal(200), Decimal(0))


def test_an_interrupted_approval_is_continued(
    api: httpx2.Client, member: Owner, halves: PaymentTransaction, stripe_sandbox: StripeSandbox
) -> None:
    refund_id = ask(api, member).json()["id"]
    stripe_sandbox.fail_next(3, status=500, operation="POST /v1/refunds")
    assert approve(api, refund_id).status_code == 503
    assert sorted(row.amount for row in Refund.scan()) == [90, 150]
    assert approve(api, refund_id).status_code == 200
    assert refunded_at_stripe(stripe_sandbox) == [9_000, 15_000]
    assert payments()[0].refunded_amount == 240


def test_an_approval_is_continued_after_the_event_of_its_first_part(
    api: httpx2.Client, member: Owner, halves: PaymentTransaction, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    refund_id = ask(api, member).json()["id"]
    stripe_sandbox.fail_next(3, status=500, operation="POST /v1/refunds")
    assert approve(api, refund_id).status_code == 503
    row = Refund.get(refund_id)
    amount, metadata = money.to_minor(row.amount, row.currency), {"refund_id": row.id}
    create_refund(row.part_id, None, amount, metadata, f"refund-{row.id}")
    stripe_sandbox.drain()
    assert drain() == []
    assert Refund.get(refund_id).status is RefundStatus.COMPLETED
    assert approve(api, refund_id).status_code == 200
    assert refunded_at_stripe(stripe_sandbox) == [9_000, 15_000]
    assert (payments()[0].refunded_amount, payments()[0].refunding_amount) == (Decimal(240), Decimal(0))
    assert approve(api, refund_id).status_code == 409


@pytest.mark.parametrize("version", [OLD_API_VERSION, NEW_API_VERSION])
def test_a_payment_outside_of_stripe_refuses_refunds(
    api: httpx2.Client, member: Owner, events_of: Buy, stripe_sandbox: StripeSandbox, drain: Drain, version: str
) -> None:
    """Its payment intent is canceled, but the invoice still has its id."""
    events = events_of(member, "better_together")
    paid = of_type(events, "invoice.paid")
    with stripe_sandbox.store() as stripe:
        (row,) = [row for row in stripe.all("invoice_payment") if row["invoice"] == paid["data"]["object"]["id"]]
        intent = stripe.get("payment_intent", row["payment"]["payment_intent"])
        intent |= {"status": "canceled", "amount_received": 0}
        row |= {"status": "canceled", "amount_paid": None}
        outside = {"id": "inpay_outside", "payment": {"type": "payment_record", "payment_record": "pr_1"}}
        stripe.put(row | outside | {"status": "paid", "amount_paid": 24_000})
    stripe_sandbox.deliver([paid, of_type(events, "checkout.session.completed")], api_version=version)
    assert drain() == []
    (payment,) = payments()
    assert (payment.status, payment.amount) == (PaymentStatus.COMPLETED, Decimal(240))
    assert entitlement(OwnerType.MEMBER, member.id).has_access
    refused = ask(api, member, amount="1.00")
    assert (refused.status_code, refused.json()["code"]) == (409, "NotRefundable")
    assert "outside" in refused.json()["detail"]


def test_a_payment_partly_outside_of_stripe_refunds_the_other_part(
    api: httpx2.Client, member: Owner, halves: PaymentTransaction, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    halves.update(actions=[PaymentTransaction.parts.remove()])  # a row of the previous release
    with stripe_sandbox.store() as stripe:
        row = next(row for row in stripe.all("invoice_payment") if row["amount_paid"] == 9_000)
        row["payment"] = {"type": "payment_record", "payment_record": "pr_1"}
    assert ask(api, member, amount="150.01").status_code == 422
    assert payments()[0].parts is not None
    asked = ask(api, member)
    assert Decimal(asked.json()["amount"]) == 150
    assert approve(api, asked.json()["id"]).status_code == 200
    assert payments()[0].refunded_amount == 150
