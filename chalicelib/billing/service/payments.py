"""Payments: one row per payment, for all Stripe events, ids and API shapes that describe it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.billing.domain.monthly_grants import kept_share
from chalicelib.billing.enums import DisputeStatus, OwnerType, PaymentKind, PaymentStatus
from chalicelib.billing.errors import PaymentNotFound
from chalicelib.billing.models import Customer, PaymentTransaction
from chalicelib.billing.repository import addons, payments
from chalicelib.billing.schemas.messages import PaymentFailed, PaymentSucceeded
from chalicelib.billing.stripe_objects.invoices import StripeInvoice
from chalicelib.billing.stripe_objects.payment_intents import StripePaymentIntent
from chalicelib.kit import clock, ids
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork

_RANK = [PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.COMPLETED, PaymentStatus.REFUNDED]
"""The order of statuses. A payment never returns to an earlier status."""


def get(owner_type: OwnerType, owner_id: str, payment_id: str) -> PaymentTransaction:
    """Return a payment of the owner. Raises PaymentNotFound if the owner has no such payment."""
    row = payments.get(payment_id)
    if (row.owner_type, row.owner_id) != (owner_type, owner_id):
        raise PaymentNotFound
    return row


def get_of_any_owner(payment_id: str) -> PaymentTransaction:
    """Return a payment of any owner. Raises PaymentNotFound if there is no such payment."""
    return payments.get(payment_id)


def list_of(owner_type: OwnerType, owner_id: str, page: PageRequest) -> PageResult[PaymentTransaction]:
    """List an owner's payments, newest first."""
    return payments.list_by_owner(owner_type, owner_id, page)


def of_invoice(
    view: StripeInvoice,
    found: PaymentTransaction | None,
    customer: Customer,
    subscription_id: str | None,
    event: str | None,
) -> PaymentTransaction:
    """Return the payment's row updated from its invoice; does not write it."""
    row = copy(found) if found else _new(customer, view.created_at)
    row.kind = PaymentKind.SUBSCRIPTION if subscription_id else PaymentKind.ADDON
    row.subscription_id = subscription_id
    row.payment_provider_id = row.stripe_invoice_id = view.id
    if view.status is PaymentStatus.COMPLETED and not is_paid(row):
        # Failed attempts had other ids; their unique values still refer to this row.
        row.stripe_payment_intent_id, row.stripe_charge_id = view.payment_intent_id, view.charge_id
    row.stripe_payment_intent_id = row.stripe_payment_intent_id or view.payment_intent_id
    row.stripe_charge_id = row.stripe_charge_id or view.charge_id
    row.period_end = view.period_end
    row.addon_ids = [addons.id_of(line.item_id) for line in view.periods if line.item_id] or row.addon_ids
    _advance(row, view.status, view.amount, view.currency, view.failure_reason, view.paid_at, event)
    if view.status is PaymentStatus.COMPLETED:
        row.credit_held, row.credit_used = view.credit_held, view.credit_used
    row.description = view.description
    row.invoice_url = view.invoice_url
    return row


def of_intent(
    view: StripePaymentIntent,
    found: PaymentTransaction | None,
    customer: Customer,
    kind: PaymentKind,
    event: str | None,
) -> PaymentTransaction:
    """Return the row of a one-time payment updated from its payment intent; does not write it."""
    row = copy(found) if found else _new(customer, view.created_at)
    row.kind = kind
    row.addon_ids = [addons.id_of(view.id)] if kind is PaymentKind.ADDON else None
    row.payment_provider_id = row.stripe_payment_intent_id = view.id
    row.stripe_charge_id = view.charge_id or row.stripe_charge_id
    paid_at = view.created_at if view.status is PaymentStatus.COMPLETED else None
    _advance(row, view.status, view.amount, view.currency, view.failure_reason, paid_at, event)
    return row


def await_months(row: PaymentTransaction, months: Iterable[datetime]) -> None:
    """Set the months whose credits the schedule grants for this payment. Months already begun are due immediately."""
    ordered = sorted(set(months))
    row.months = [clock.iso(begins_at) for begins_at in ordered] or None
    row.next_grant_day = f"{max(ordered[0], clock.now()):%Y-%m-%d}" if ordered else None


def stage(unit: UnitOfWork, row: PaymentTransaction, found: PaymentTransaction | None) -> None:
    """Stage the row if it differs from the stored one, and publish its status even if nothing changed."""
    if found is None or differ(row, found):
        payments.stage(unit.transaction, row)
    if row.status is PaymentStatus.COMPLETED:
        unit.publish(PaymentSucceeded(**_facts(row)))
    elif row.status is PaymentStatus.FAILED:
        unit.publish(PaymentFailed(**_facts(row), failure_reason=row.failure_reason))


def is_paid(row: PaymentTransaction) -> bool:
    """Return whether the payment was received, even if it was refunded later."""
    return row.status in (PaymentStatus.COMPLETED, PaymentStatus.REFUNDED)


def is_gone(row: PaymentTransaction) -> bool:
    """Return whether the whole amount was returned, by refunds, lost disputes or both."""
    return row.status is PaymentStatus.REFUNDED or lost_amount(row) >= row.amount > 0


def is_kept(row: PaymentTransaction) -> bool:
    """Return whether the payment was received and not returned in full."""
    return row.status is PaymentStatus.COMPLETED and not is_gone(row)


def is_backed(row: PaymentTransaction) -> bool:
    """Tell whether money that is still here, or a discount, pays for what the payment opened."""
    if not is_kept(row):
        return False
    return row.amount > 0 or not row.credit_used or (row.credit_unbacked or 0) < row.credit_used


def kept_credits(row: PaymentTransaction, size: int) -> int:
    """Return how many of a plan's `size` credits are still paid for: by money and by credit that money backs.

    Of a change to a larger plan credit pays for what the smaller one included, and money for the difference.
    """
    credit, unbacked = row.credit_used or Decimal(0), row.credit_unbacked or Decimal(0)
    replaced = min(size, row.replaced_credits or 0) if row.amount else 0
    if replaced:
        return kept_share(replaced, credit, unbacked) + kept_share(size - replaced, row.amount, row.refunded_amount)
    backed = kept_share(size, row.amount + credit, unbacked)
    return kept_share(backed, row.amount, row.refunded_amount)


def lost_amount(row: PaymentTransaction) -> Decimal:
    """Return the amount of lost disputes.

    An earlier release stored only that a dispute was lost; this counts as the whole amount.
    """
    return row.amount if row.dispute is DisputeStatus.LOST and not row.lost_amount else row.lost_amount


def returned_amount(row: PaymentTransaction) -> Decimal:
    """Return the amount of completed refunds. An earlier release stored it only in `refunded_amount`."""
    return row.refunded_amount if row.returned_amount is None else row.returned_amount


def _advance(
    row: PaymentTransaction,
    status: PaymentStatus,
    amount: Decimal,
    currency: str,
    failure_reason: str | None,
    paid_at: datetime | None,
    event: str | None,
) -> None:
    if _RANK.index(status) < _RANK.index(row.status):
        return
    if status is PaymentStatus.COMPLETED:
        row.stripe_event_id = row.stripe_event_id or event
        if row.status is not PaymentStatus.COMPLETED:
            row.day = f"{clock.now():%Y-%m-%d}"
    row.status, row.amount, row.currency = status, amount, currency
    row.failure_reason, row.processed_at = failure_reason, paid_at


def _new(customer: Customer, created_at: datetime) -> PaymentTransaction:
    return PaymentTransaction(
        id=ids.time_ordered(),
        owner=f"{customer.owner_type}/{customer.owner_id}",
        day=f"{created_at:%Y-%m-%d}",
        owner_type=customer.owner_type,
        owner_id=customer.owner_id,
        status=PaymentStatus.PENDING,
        created_at=created_at,
    )


def differ(one: PaymentTransaction, other: PaymentTransaction) -> bool:
    """Return whether the rows differ in any value that is not None."""
    return _known(one) != _known(other)


def copy(row: PaymentTransaction) -> PaymentTransaction:
    """Return a copy of the row that can be changed."""
    return PaymentTransaction(**_known(row))


def _known(row: PaymentTransaction) -> dict[str, Any]:
    return {name: value for name, value in row.attribute_values.items() if value is not None}


def _facts(row: PaymentTransaction) -> dict[str, Any]:
    return {
        "owner_type": row.owner_type,
        "owner_id": row.owner_id,
        "payment_id": row.id,
        "version": row.version,
        "kind": row.kind,
        "amount": row.amount,
        "currency": row.currency,
        "subscription_id": row.subscription_id,
    }
