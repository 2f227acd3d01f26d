"""Invoices paid with the customer's credit at Stripe give only what the money behind that credit covers (ADR 20)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial

from chalicelib.billing.domain.backed_credit import InvoicePayment, unbacked_credits
from chalicelib.billing.domain.credit_ledger import Reversal
from chalicelib.billing.domain.payments import is_paid
from chalicelib.billing.models import PaymentTransaction
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository.identity_map import IdentityMap, own_subscription_key, payment_id_key
from chalicelib.billing.service import monthly_grants, payments, subscriptions
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def unbacked_credit(rows: IdentityMap, row: PaymentTransaction) -> Decimal:
    """Return the part of the credit used by an invoice that is not backed by money."""
    return _unbacked(_invoices(rows, row)).get(row.id, Decimal(0))


def settle_later_invoices(source: PaymentTransaction) -> None:
    """Recalculate every invoice paid with credit after `source` was reversed or restored, each in its own transaction.

    Access in the current period depends only on the payment that opened it.
    """
    if not source.stripe_invoice_id:
        return
    invoices = _invoices(IdentityMap(), source)
    unbacked = _unbacked(invoices)
    cycles = [row for row in invoices if row.months_from and is_paid(row)]
    present = max(cycles, key=_order, default=None)
    for row in invoices:
        has_changed = row.id in unbacked and unbacked[row.id] != (row.credit_unbacked or 0)
        if has_changed or (row is present and row.id != source.id):
            run_unit_of_work(partial(_settle, payment_id=row.id))


def _settle(unit: UnitOfWork, payment_id: str) -> None:
    rows = IdentityMap()
    earlier = payment_rows.get(payment_id)
    row = copy_row(earlier)
    if row.credit_used:
        row.credit_unbacked = unbacked_credit(rows, earlier)
    key = own_subscription_key(row.subscription_id)
    rows.read([key, *monthly_grants.payment_keys(row)])
    rows.read(monthly_grants.ledger_keys(rows, row))
    reversal = Reversal(row.id, row.version, "payment returned", "payment restored")
    if row.credit_unbacked != earlier.credit_unbacked:
        monthly_grants.settle_payment(unit, rows, row, earlier, reversal)
        payments.write_payment(unit, row)
    subscription = rows.subscription_by_id(row.subscription_id)
    if subscription is not None and not subscription.status.is_final:
        subscriptions.stage_change(unit, subscriptions.apply_payment(subscription, row), subscription)


def _invoices(rows: IdentityMap, row: PaymentTransaction) -> list[PaymentTransaction]:
    """Return the owner's invoice payments in order of time: `row` itself, the others read consistently."""
    ids = [each for each in payment_rows.list_ids_of_owner(row.owner_type, row.owner_id) if each != row.id]
    rows.read(payment_id_key(each) for each in ids)
    others = [rows.payment_by_id(each) for each in ids]
    known = [each for each in others if each is not None and each.stripe_invoice_id]
    return sorted([row, *known], key=_order)


def _order(row: PaymentTransaction) -> tuple[datetime, str]:
    """Return the sort key of an owner's payments: by time, invoices of the same second by number."""
    return row.created_at, str(row.description or row.id)


def _unbacked(invoices: list[PaymentTransaction]) -> dict[str, Decimal]:
    return unbacked_credits(
        InvoicePayment(
            row.id,
            row.amount,
            row.refunded_amount,
            row.credit_held or Decimal(0),
            row.credit_used or Decimal(0),
            row.months_from is not None,
        )
        for row in invoices
        if is_paid(row)
    )
