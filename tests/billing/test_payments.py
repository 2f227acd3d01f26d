"""One row a payment, in whatever order and under whichever ids it is told."""

from __future__ import annotations

from itertools import permutations

import pytest

from chalicelib.billing import projection
from chalicelib.billing.enums import BillingCycle, OwnerType, PaymentStatus, SubscriptionStatus
from chalicelib.billing.models import PaymentTransaction, Subscription
from chalicelib.billing.service import payments
from chalicelib.kit import clock
from tests.billing import objects

PAID_BEFORE = projection.invoice(objects.invoice(new=False))
PAID = projection.invoice(objects.invoice())
UNLINKED = projection.invoice(objects.invoice(intent=None))
FAILED = projection.invoice(objects.invoice(status="open"))
PENDING = projection.invoice(objects.invoice(status="draft", attempted=False, intent=None))


def subscription() -> Subscription:
    return Subscription(
        id="subscription_1",
        owner="member/1",
        owner_type=OwnerType.MEMBER,
        owner_id="1",
        plan_name="try_it_out",
        status=SubscriptionStatus.ACTIVE,
        billing_cycle=BillingCycle.MONTHLY,
        started_at=clock.now(),
        created_at=clock.now(),
    )


@pytest.mark.parametrize("order", list(permutations([PAID_BEFORE, UNLINKED, FAILED, PENDING], 4))[::5])
def test_a_payment_never_goes_back(order: tuple[projection.InvoiceView, ...]) -> None:
    for view in order:
        payments.record(view, subscription())
    (row,) = PaymentTransaction.scan()
    assert (row.status, row.processed_at) == (PaymentStatus.COMPLETED, PAID.paid_at)
    assert (row.stripe_invoice_id, row.stripe_payment_intent_id, row.stripe_charge_id) == ("in_1", "pi_1", "ch_1")
    assert row.failure_reason is None


def test_telling_it_again_writes_nothing() -> None:
    first = payments.record(PAID, subscription())
    assert payments.record(PAID, subscription()).version == first.version == 1


def test_two_payments_are_two() -> None:
    other = objects.invoice(intent="pi_2") | {"id": "in_2"}
    payments.record(PAID, subscription())
    payments.record(projection.invoice(other), subscription())
    assert {row.stripe_invoice_id for row in PaymentTransaction.scan()} == {"in_1", "in_2"}
