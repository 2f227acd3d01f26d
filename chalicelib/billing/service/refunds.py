"""Refunds: requested by owners, decided by operators."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.billing.domain import money
from chalicelib.billing.domain.payment_parts import refundable_at_stripe
from chalicelib.billing.domain.payments import is_gone, is_kept, is_paid, lost_amount, refundable
from chalicelib.billing.enums import DisputeStatus, OwnerType, RefundStatus
from chalicelib.billing.errors import InvalidRefundAmount, NotRefundable, PaymentDisputed, RefundDecided
from chalicelib.billing.models import PaymentTransaction, Refund
from chalicelib.billing.repository import payments as payment_rows
from chalicelib.billing.repository import refunds
from chalicelib.billing.schemas.payments import RefundCreate
from chalicelib.billing.service import payments, refund_parts
from chalicelib.billing.service.sync import refunds_and_disputes
from chalicelib.billing.stripe_objects.payment_intents import StripePaymentReference
from chalicelib.integrations.stripe import payments as stripe_payments
from chalicelib.integrations.stripe.errors import StripeObjectNotFound, StripeRefused
from chalicelib.kit import clock, ids
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def request_refund(owner_type: OwnerType, owner_id: str, payment_id: str, body: RefundCreate) -> Refund:
    """Request a refund of an amount, or of all that is left. Nothing is refunded before an operator approves.

    Raises PaymentNotFound if the owner has no such payment, NotRefundable if nothing of it can be refunded, for example
    because it was paid outside of Stripe, InvalidRefundAmount if the amount is higher than what is left.
    """
    refund_parts.sync_parts(payments.get(owner_type, owner_id, payment_id))
    return run_unit_of_work(lambda unit: _request(unit, owner_type, owner_id, payment_id, body))


def approve(refund_id: str) -> Refund:
    """Refund the money at Stripe; approving again continues an interrupted attempt.

    If several intents paid, the refund is split into one row for each intent that it needs.

    Raises RefundNotFound; RefundDecided; PaymentDisputed while a dispute is open that is not an inquiry (the request
    stays pending, because a lost dispute would take the money twice); NotRefundable if less of the payment is left;
    StripeRefused or StripeObjectNotFound if Stripe rejects the refund, which then has failed.
    """
    earlier = refunds.get(refund_id)
    _check_undisputed(earlier)
    is_interrupted = refund_parts.is_interrupted(earlier)
    row = earlier if is_interrupted else refunds.mark_decided(refund_id, RefundStatus.APPROVED)
    payment = payment_rows.get(row.payment_transaction_id)
    if row.stripe_refund_id is None and row.amount > refundable(payment.amount, payment.refunded_amount):
        run_unit_of_work(lambda unit: _close(unit, row.id, RefundStatus.FAILED))
        raise NotRefundable("Less than the requested amount is left of the payment: refunds or a lost dispute took it.")
    try:
        approved = refund_parts.split(row, payment)
    except ValueError as error:
        run_unit_of_work(lambda unit: _close(unit, row.id, RefundStatus.FAILED))
        raise NotRefundable("Less than the requested amount is left at Stripe.") from error
    refused = [error for error in [_create_at_stripe(each, payment) for each in approved] if error]
    if len(refused) < len(approved) or not approved:
        part = refund_parts.part_of(next(iter(approved), row), payment)
        refunds_and_disputes.sync_refunds(StripePaymentReference(part.intent_id, part.charge_id))
    if refused:
        raise refused[0]
    return refunds.get(refund_id)


def _create_at_stripe(row: Refund, payment: PaymentTransaction) -> StripeRefused | StripeObjectNotFound | None:
    """Refund the row's amount of its part at Stripe; close the row and return the error if Stripe rejects it."""
    part = refund_parts.part_of(row, payment)
    amount = money.to_minor(row.amount, row.currency)
    try:
        stripe_payments.create_refund(part.intent_id, part.charge_id, amount, {"refund_id": row.id}, f"refund-{row.id}")
    except (StripeRefused, StripeObjectNotFound) as error:
        run_unit_of_work(lambda unit: _close(unit, row.id, RefundStatus.FAILED))
        return error
    return None


def reject(refund_id: str) -> Refund:
    """Decline a request. Raises RefundNotFound, RefundDecided."""
    return run_unit_of_work(lambda unit: _close(unit, refund_id, RefundStatus.REJECTED))


def list_by_status(status: RefundStatus, page: PageRequest) -> PageResult[Refund]:
    """List the refunds of one status, oldest first."""
    return refunds.list_by_status(status, page)


def list_refunds(owner_type: OwnerType, owner_id: str, payment_id: str) -> list[Refund]:
    """List the refunds of one of the owner's payments. Raises PaymentNotFound if the owner has no such payment."""
    return refunds.list_by_payment(payments.get(owner_type, owner_id, payment_id).id)


def _request(unit: UnitOfWork, owner_type: OwnerType, owner_id: str, payment_id: str, body: RefundCreate) -> Refund:
    payment = payments.get(owner_type, owner_id, payment_id)
    _check_refundable(payment)
    paid = refundable_at_stripe(payment.amount, payment.parts)
    rest = refundable(paid, payment.refunded_amount, payment.refunding_amount)
    wanted = rest if body.amount is None else body.amount
    if not Decimal(0) < wanted <= rest:
        message = f"at most {money.padded(rest, payment.currency)} {payment.currency} can be refunded"
        raise InvalidRefundAmount(errors=[{"path": "body.amount", "message": message}])
    try:
        money.to_minor(wanted, payment.currency)
    except ValueError as error:
        raise InvalidRefundAmount(errors=[{"path": "body.amount", "message": str(error)}]) from error
    now = clock.now()
    row = Refund(
        id=ids.time_ordered(),
        payment_transaction_id=payment.id,
        user_id=owner_id,
        owner_type=owner_type,
        amount=wanted,
        currency=payment.currency,
        reason=body.reason,
        status=RefundStatus.REQUESTED,
        requested_at=now,
        created_at=now,
        updated_at=now,
    )
    payment.refunding_amount += wanted
    payments.write_payment(unit, payment)
    refunds.stage_refund(unit.transaction, row, None)
    return row


def _check_undisputed(row: Refund) -> None:
    """Check that no dispute of the payment is open that withdrew its money. Raises PaymentDisputed.

    A refund that Stripe has already, or that is decided, is not held up. A full refund resolves an inquiry.
    """
    payment = payment_rows.get(row.payment_transaction_id)
    is_waiting = row.stripe_refund_id is None and row.status in (RefundStatus.REQUESTED, RefundStatus.APPROVED)
    if not is_waiting or payment.dispute is not DisputeStatus.OPEN:
        return
    reference = StripePaymentReference(payment.stripe_payment_intent_id, payment.stripe_charge_id)
    disputes = refunds_and_disputes.fetch_disputes(refunds_and_disputes.parts_of(payment, reference))
    if any(dispute.status is DisputeStatus.OPEN and not dispute.is_inquiry for dispute in disputes):
        raise PaymentDisputed("Approve the refund when the dispute is closed, or reject it.")


def _check_refundable(payment: PaymentTransaction) -> None:
    """Check that the payment can be refunded. Raises NotRefundable with the reason."""
    if is_paid(payment) and is_gone(payment):
        lost = lost_amount(payment)
        raise NotRefundable(
            "The payment was returned by a lost dispute." if lost else "The payment was fully refunded."
        )
    if not is_kept(payment) or not payment.amount:
        raise NotRefundable("Only a payment that was completed can be refunded.")
    is_at_stripe = payment.stripe_payment_intent_id or payment.stripe_charge_id
    if payment.parts == [] or not (is_at_stripe or payment.parts):
        raise NotRefundable("The payment was made outside of Stripe; refund it where it was made.")


def _close(unit: UnitOfWork, refund_id: str, status: RefundStatus) -> Refund:
    """Close a refund that does not exist at Stripe, and release its amount."""
    earlier = refunds.get(refund_id)
    if earlier.status is status:
        return earlier
    if earlier.status not in (RefundStatus.REQUESTED, RefundStatus.APPROVED):
        raise RefundDecided(f"The refund is already {earlier.status}.")
    if status is RefundStatus.REJECTED and earlier.status is RefundStatus.APPROVED:
        raise RefundDecided("The refund is already approved.")
    payment = payment_rows.get(earlier.payment_transaction_id)
    payment.refunding_amount -= earlier.amount
    payments.write_payment(unit, payment)
    row = copy_row(earlier)
    row.status, row.processed_at = status, clock.now()
    refunds.stage_refund(unit.transaction, row, earlier)
    return row
