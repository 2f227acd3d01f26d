"""Arithmetic of refunds and lost disputes: the remainder of a payment and of its credits."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.billing.enums import DisputeStatus, RefundStatus

_BY_STRIPE = {
    "pending": RefundStatus.PROCESSING,
    "requires_action": RefundStatus.PROCESSING,
    "succeeded": RefundStatus.COMPLETED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}


def status_of(stripe_status: str | None) -> RefundStatus:
    """Map Stripe's refund status (docs.stripe.com/api/refunds/object#refund_object-status).

    Old refunds have no status; they count as succeeded.
    """
    return _BY_STRIPE.get(stripe_status or "succeeded", RefundStatus.PROCESSING)


def refundable(paid: Decimal, refunded: Decimal, asked: Decimal = Decimal(0)) -> Decimal:
    """Return the amount of a payment that can still be refunded; `asked` is the sum of pending requests."""
    return max(Decimal(0), paid - refunded - asked)


def refunded(paid: Decimal, parts: Iterable[Decimal]) -> Decimal:
    """Sum the returned amounts (completed refunds and lost disputes), at most the paid amount."""
    return min(paid, sum(parts, Decimal(0)))


def lost(paid: Decimal, currency: str, disputed: Iterable[tuple[Decimal, str]]) -> Decimal:
    """Sum the (amount, currency) pairs of lost disputes, at most the paid amount.

    A lost dispute in another currency counts as the whole payment.
    """
    return refunded(paid, (amount if other == currency else paid for amount, other in disputed))


def dispute_status(
    paid: Decimal, lost_amount: Decimal, statuses: Iterable[DisputeStatus | None]
) -> DisputeStatus | None:
    """Combine the statuses of a payment's disputes.

    An open dispute takes precedence, except if the whole payment is already lost.
    """
    known = set(statuses)
    if DisputeStatus.OPEN in known and not lost_amount >= paid > 0:
        return DisputeStatus.OPEN
    return next((status for status in (DisputeStatus.LOST, DisputeStatus.WON) if status in known), None)


def credits_due(bought: int, paid: Decimal, back: Decimal) -> int:
    """Return the number of credits to reverse when `back` of the `paid` amount is returned.

    The number is proportional to the amount, rounded half up; `bought` is the payment's number of credits.
    """
    if not paid:
        return 0
    return int((Decimal(bought) * back / paid).quantize(Decimal(1), rounding=ROUND_HALF_UP))
