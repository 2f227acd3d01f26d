"""Each payment has one row, for any order of events and ids."""

from __future__ import annotations

from itertools import permutations

import pytest

from chalicelib.billing.domain.event_order import EventContext
from chalicelib.billing.domain.payments import InvoiceContext, decide_invoice
from chalicelib.billing.enums import OwnerType, PaymentStatus
from chalicelib.billing.models import Customer, PaymentTransaction
from chalicelib.billing.repository import payments
from chalicelib.billing.repository.identity_map import IdentityMap, payment_unique_keys
from chalicelib.billing.service.sync.invoices import stage_payment
from chalicelib.billing.stripe_objects.invoices import StripeInvoice, parse_invoice
from chalicelib.billing.stripe_objects.payment_intents import StripePaymentReference
from chalicelib.kit import clock
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from tests.billing.stripe_objects import factories

PAID_BEFORE = parse_invoice(factories.invoice(new=False))
PAID = parse_invoice(factories.invoice())
UNLINKED = parse_invoice(factories.invoice(intent=None))
FAILED = parse_invoice(factories.invoice(status="open"))
PENDING = parse_invoice(factories.invoice(status="draft", attempted=False, intent=None))


def record(view: StripeInvoice) -> PaymentTransaction:
    """Store a payment as the sync does, without the state of a subscription."""

    def decide(unit: UnitOfWork) -> PaymentTransaction:
        identity_map = IdentityMap()
        ids = (view.id, view.payment_intent_id, view.charge_id)
        identity_map.read(payment_unique_keys(*ids))
        identity_map.read([identity_map.payment_key(*ids)])
        earlier = identity_map.payment(*ids)
        customer = Customer(OwnerType.MEMBER, "1", email="a@example.com")
        now = clock.now()
        event = EventContext("evt_1", now)
        context = InvoiceContext({}, {}, "subscription_1", None, StripePaymentReference(), event, now)
        before = earlier or payments.new(customer, view.created_at)
        changes = decide_invoice(view, before, context)
        assert changes is not None
        row = copy_row(before, changes.payment)
        stage_payment(unit, row, earlier)
        return row

    return run_unit_of_work(decide)


@pytest.mark.parametrize("order", list(permutations([PAID_BEFORE, UNLINKED, FAILED, PENDING], 4))[::5])
def test_the_status_of_a_payment_never_goes_back(order: tuple[StripeInvoice, ...]) -> None:
    for view in order:
        record(view)
    (row,) = PaymentTransaction.scan()
    assert (row.status, row.processed_at) == (PaymentStatus.COMPLETED, PAID.paid_at)
    assert (row.stripe_invoice_id, row.stripe_payment_intent_id, row.stripe_charge_id) == ("in_1", "pi_1", "ch_1")
    assert row.failure_reason is None


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_payment_has_the_charge_that_succeeded(order: tuple[int, ...]) -> None:
    declined = parse_invoice(factories.invoice(status="open", intent={"id": "pi_1", "latest_charge": "ch_0"}))
    gave_up = parse_invoice(factories.invoice(status="open", intent={"id": "pi_0", "latest_charge": "ch_00"}))
    paid = parse_invoice(factories.invoice(intent={"id": "pi_1", "latest_charge": "ch_1"}))
    for number in (*order, *order):
        record((gave_up, declined, paid)[number])
    (row,) = PaymentTransaction.scan()
    assert (row.stripe_payment_intent_id, row.stripe_charge_id) == ("pi_1", "ch_1")
    identity_map = IdentityMap()
    identity_map.read(payment_unique_keys(None, None, "ch_1"))
    assert identity_map.payment_key(None, None, "ch_1") == (PaymentTransaction, (row.id,))


def test_a_redelivery_writes_nothing() -> None:
    first = record(PAID)
    assert record(PAID).version == first.version == 1


def test_two_payments_have_two_rows() -> None:
    other = factories.invoice(intent="pi_2") | {"id": "in_2"}
    record(PAID)
    record(parse_invoice(other))
    assert {row.stripe_invoice_id for row in PaymentTransaction.scan()} == {"in_1", "in_2"}
