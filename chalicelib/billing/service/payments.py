"""Payments: one row each, however many events, ids and shapes tell of it."""

from __future__ import annotations

from chalicelib.billing.enums import PaymentKind, PaymentStatus
from chalicelib.billing.models import PaymentTransaction, Subscription
from chalicelib.billing.projection import InvoiceView
from chalicelib.billing.repository import payments
from chalicelib.billing.service.retries import until_current
from chalicelib.kit import ids

_RANK = [PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.COMPLETED, PaymentStatus.REFUNDED]
"""A payment never goes back to an earlier one of these."""


def record(view: InvoiceView, subscription: Subscription) -> PaymentTransaction:
    """The payment of a subscription's invoice, brought to what the view shows."""
    return until_current(lambda: _record(view, subscription))


def _record(view: InvoiceView, subscription: Subscription) -> PaymentTransaction:
    found = payments.find_by_stripe_ids(view.id, view.payment_intent_id, view.charge_id)
    row = found or PaymentTransaction(
        id=ids.time_ordered(),
        owner=subscription.owner,
        day=f"{view.created_at:%Y-%m-%d}",
        owner_type=subscription.owner_type,
        owner_id=subscription.owner_id,
        kind=PaymentKind.SUBSCRIPTION,
        status=PaymentStatus.PENDING,
        created_at=view.created_at,
    )
    before = dict(row.attribute_values)
    row.subscription_id = subscription.id
    row.payment_provider_id = row.stripe_invoice_id = view.id
    row.stripe_payment_intent_id = row.stripe_payment_intent_id or view.payment_intent_id
    row.stripe_charge_id = row.stripe_charge_id or view.charge_id
    if _RANK.index(view.status) >= _RANK.index(row.status):
        row.status, row.amount, row.currency = view.status, view.amount, view.currency
        row.failure_reason = view.failure_reason
        row.processed_at = view.paid_at
    row.description = view.description
    row.invoice_url = view.invoice_url
    if found is None or _known(before) != _known(row.attribute_values):
        payments.save(row)
    return row


def _known(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
