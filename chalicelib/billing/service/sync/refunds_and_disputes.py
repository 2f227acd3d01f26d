"""Sync of a payment's refunds and disputes from Stripe: the returned amount, and the purchases that it reverses.

A lost dispute is a refund of its amount. A payment is reversed by the sum of both.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.domain.credit_ledger import Reversal
from chalicelib.billing.domain.payment_parts import PaymentPart, parse_parts, parts_with
from chalicelib.billing.domain.payments import (
    dispute_status,
    is_gone,
    is_paid,
    lost,
    lost_amount,
    refunded,
    returned_amount,
)
from chalicelib.billing.domain.reversals import ReturnedMoney, merged_reversals
from chalicelib.billing.enums import DisputeStatus, PaymentKind, PaymentStatus, RefundStatus
from chalicelib.billing.models import PaymentTransaction, Refund
from chalicelib.billing.repository import refunds
from chalicelib.billing.repository.identity_map import (
    IdentityMap,
    Key,
    addon_keys,
    gift_key,
    own_subscription_key,
    owner_key,
    payment_unique_keys,
    refund_key,
)
from chalicelib.billing.schemas.messages import RefundCompleted
from chalicelib.billing.service import (
    addons,
    backed_credit,
    gifts,
    monthly_grants,
    payments,
    reversed_credits,
    subscriptions,
)
from chalicelib.billing.stripe_objects.disputes import StripeDispute, parse_dispute
from chalicelib.billing.stripe_objects.payment_intents import StripePaymentReference
from chalicelib.billing.stripe_objects.refunds import StripeRefund, parse_refund
from chalicelib.integrations.stripe import payments as stripe_payments
from chalicelib.kit import clock
from chalicelib.kit.tables import copy_row, rows_differ
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


class PaymentNotStored(Exception):
    """The payment of a refund or dispute is not stored yet, or not stored as paid."""


def sync_refunds(payment: StripePaymentReference) -> None:
    """Sync a payment's refunds, and what was bought with it, from Stripe.

    Raises PaymentNotStored if the payment is not stored as paid.
    """
    row = run_unit_of_work(lambda unit: _sync_refunds(unit, payment))
    backed_credit.settle_later_invoices(row)


def sync_disputes(payment: StripePaymentReference) -> None:
    """Sync a payment's disputes, and what was bought with it, from Stripe.

    An open dispute flags the payment and suspends bought credits, a lost one reverses its amount, a won one releases
    them. Raises PaymentNotStored if the payment is not stored as paid.
    """
    row = run_unit_of_work(lambda unit: _sync_disputes(unit, payment))
    backed_credit.settle_later_invoices(row)


def parts_of(row: PaymentTransaction, payment: StripePaymentReference) -> tuple[PaymentPart, ...]:
    """Return the payment intents and charges of a payment: those in the row, plus the one of the event."""
    return parts_with(parse_parts(row.parts), PaymentPart(payment.intent_id, payment.charge_id))


def fetch_disputes(parts: Iterable[PaymentPart]) -> list[StripeDispute]:
    """Fetch the disputes of the parts of a payment; one call per part."""
    return [
        parse_dispute(each) for part in parts for each in stripe_payments.list_disputes(part.intent_id, part.charge_id)
    ]


def _sync_refunds(unit: UnitOfWork, payment: StripePaymentReference) -> PaymentTransaction:
    rows, earlier = _read(payment)
    stripe_refunds = [
        parse_refund(each)
        for part in parts_of(earlier, payment)
        for each in stripe_payments.list_refunds(part.intent_id, part.charge_id)
    ]
    rows.read([*(refund_key(_id_of(view)) for view in stripe_refunds), *_ledger_keys(rows, earlier)])
    row = copy_row(earlier)
    for view in stripe_refunds:
        _settle_refund(unit, rows, row, view)
    completed = [view for view in stripe_refunds if view.status is RefundStatus.COMPLETED]
    row.returned_amount = refunded(row.amount, (view.amount for view in completed))
    row.lost_amount = lost_amount(earlier)
    returned = [ReturnedMoney(_id_of(view), view.amount, view.created_at) for view in completed]
    row.reversals = merged_reversals(earlier.reversals, returned, is_dispute=False, now=clock.now())
    row.reversed_at = _latest(row, (refund.created_at for refund in completed))
    _reverse(unit, rows, row, earlier, Reversal(row.id, row.version, "refunded", "the refund failed"))
    return row


def _sync_disputes(unit: UnitOfWork, payment: StripePaymentReference) -> PaymentTransaction:
    """Sync the payment's row from all of its disputes; each lost one takes its amount."""
    rows, earlier = _read(payment)
    disputes = fetch_disputes(parts_of(earlier, payment))
    rows.read(_ledger_keys(rows, earlier))
    lost_disputes = [dispute for dispute in disputes if dispute.is_lost]
    row = copy_row(earlier)
    row.returned_amount = returned_amount(earlier)
    row.lost_amount = lost(row.amount, row.currency, ((dispute.amount, dispute.currency) for dispute in lost_disputes))
    returned = [ReturnedMoney(view.id, _taken(row, view), view.created_at) for view in lost_disputes]
    row.reversals = merged_reversals(earlier.reversals, returned, is_dispute=True, now=clock.now())
    row.dispute = dispute_status(row.amount, row.lost_amount, (view.status for view in disputes))
    flagged = (DisputeStatus.OPEN, DisputeStatus.LOST)
    row.disputed_at = min((view.created_at for view in disputes if view.status in flagged), default=None)
    row.reversed_at = _latest(row, (dispute.created_at for dispute in lost_disputes))
    _reverse(unit, rows, row, earlier, Reversal(row.id, row.version, "dispute lost", "dispute won"))
    return row


def _reverse(
    unit: UnitOfWork,
    rows: IdentityMap,
    row: PaymentTransaction,
    earlier: PaymentTransaction,
    reversal: Reversal,
) -> None:
    """Reverse or restore what was paid for, as far as its money was returned by refunds and lost disputes.

    Both add up to at most the payment; each has its part in the row, so that their order does not matter.
    """
    parts = (returned_amount(row), lost_amount(row))
    row.refunded_amount = refunded(row.amount, parts)
    is_returned = row.refunded_amount >= row.amount > 0
    row.status = PaymentStatus.REFUNDED if is_returned else PaymentStatus.COMPLETED
    row.reversed_at = row.reversed_at if row.refunded_amount else None
    if is_gone(earlier) and not is_returned and row.months:
        row.next_grant_day = f"{clock.now():%Y-%m-%d}"
    _settle_access(unit, rows, row, earlier)
    _reverse_purchases(unit, rows, row, earlier, reversal)
    payments.write_payment(unit, row)


def _taken(row: PaymentTransaction, dispute: StripeDispute) -> Decimal:
    """Return the amount that a lost dispute takes; one in another currency takes the whole payment."""
    return dispute.amount if dispute.currency == row.currency else row.amount


def _latest(row: PaymentTransaction, moments: Iterable[datetime]) -> datetime | None:
    """Return the time of the latest reversal: one of `moments`, or the one that is stored."""
    return max([*moments, *([row.reversed_at] if row.reversed_at else [])], default=None)


def _read(payment: StripePaymentReference) -> tuple[IdentityMap, PaymentTransaction]:
    """Read the payment and its purchases before calling Stripe.

    The payment is always written, on condition of the version that was read, so a newer row is never overwritten.
    Raises PaymentNotStored, also for a payment that is not stored as paid yet: the refund or dispute may have arrived before
    the event of the success, and then there is nothing to take back yet.
    """
    rows = IdentityMap()
    stripe_ids = None, payment.intent_id, payment.charge_id
    rows.read(payment_unique_keys(*stripe_ids))
    rows.read([rows.payment_key(*stripe_ids)])
    row = rows.payment(*stripe_ids)
    if row is None or not is_paid(row):
        raise PaymentNotStored
    gift = gift_key(row.item) if row.kind is PaymentKind.GIFT else None
    owner = owner_key(row.owner_type, row.owner_id)
    months = monthly_grants.payment_keys(row)
    rows.read([own_subscription_key(row.subscription_id), gift, owner, *months, *addon_keys(row)])
    return rows, row


def _ledger_keys(rows: IdentityMap, payment: PaymentTransaction) -> list[Key]:
    """Return the keys of the ledgers that the payment's credits may be in."""
    return [*reversed_credits.ledger_keys(rows, payment), *monthly_grants.ledger_keys(rows, payment)]


def _settle_refund(unit: UnitOfWork, rows: IdentityMap, payment: PaymentTransaction, view: StripeRefund) -> None:
    earlier = rows.refund(_id_of(view))
    row = copy_row(earlier) if earlier else _new(payment, view)
    if not (earlier and earlier.status is RefundStatus.COMPLETED and view.status.is_open):
        row.status = view.status
    row.stripe_refund_id, row.amount = view.id, view.amount
    if row.status.is_open:
        row.processed_at = None
    elif earlier is None or earlier.status is not row.status:
        row.processed_at = clock.now()
    was_open = earlier.amount if earlier and earlier.status.is_open else Decimal(0)
    payment.refunding_amount += (row.amount if row.status.is_open else Decimal(0)) - was_open
    if earlier is None or rows_differ(row, earlier):
        refunds.stage_refund(unit.transaction, row, earlier)
    if row.status is RefundStatus.COMPLETED:
        unit.publish(
            RefundCompleted(
                owner_type=payment.owner_type,
                owner_id=payment.owner_id,
                refund_id=row.id,
                payment_id=payment.id,
                amount=row.amount,
                currency=row.currency,
            )
        )


def _settle_access(unit: UnitOfWork, rows: IdentityMap, row: PaymentTransaction, earlier: PaymentTransaction) -> None:
    """End the paid access when the payment is fully returned; restore it if the return fails."""
    subscription = rows.subscription_by_id(row.subscription_id)
    if subscription is None or not (is_gone(row) or is_gone(earlier)):
        return
    ended_at = row.reversed_at or subscription.refunded_at or clock.now()
    subscriptions.set_refunded(unit, subscription, row.period_end, ended_at if is_gone(row) else None)


def _reverse_purchases(
    unit: UnitOfWork, rows: IdentityMap, row: PaymentTransaction, earlier: PaymentTransaction, reversal: Reversal
) -> None:
    """Reverse or restore purchases: credits in proportion to the returned amount, add-ons and gifts at full return."""
    reversed_credits.settle_purchase(unit, rows, row, reversal)
    monthly_grants.settle_payment(unit, rows, row, earlier, reversal)
    is_returned = is_gone(row)
    if is_gone(earlier) is is_returned:
        return
    for addon in rows.addons(row):
        addons.reverse_addon(unit, addon, row, is_returned)
    if row.kind is PaymentKind.GIFT:
        change = gifts.void if is_returned else gifts.restore
        change(unit, rows.gift(str(row.item)))


def _id_of(view: StripeRefund) -> str:
    return view.request_id or refunds.refund_id_of(view.id)


def _new(payment: PaymentTransaction, view: StripeRefund) -> Refund:
    """Return the row of a refund that was made at Stripe, not requested through our API."""
    return Refund(
        id=refunds.refund_id_of(view.id),
        payment_transaction_id=payment.id,
        user_id=payment.owner_id,
        owner_type=payment.owner_type,
        amount=view.amount,
        currency=view.currency,
        reason=view.reason,
        status=view.status,
        requested_at=view.created_at,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
