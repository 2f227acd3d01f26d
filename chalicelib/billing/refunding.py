"""Arithmetic of money that goes back, by refund or lost dispute: what is left of a payment, and of its credits."""

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
    """Our word for Stripe's (docs.stripe.com/api/refunds/object#refund_object-status); old refunds have none."""
    return _BY_STRIPE.get(stripe_status or "succeeded", RefundStatus.PROCESSING)


def refundable(paid: Decimal, refunded: Decimal, asked: Decimal = Decimal(0)) -> Decimal:
    """What may still be asked back of what was paid."""
    return max(Decimal(0), paid - refunded - asked)


def refunded(paid: Decimal, parts: Iterable[Decimal]) -> Decimal:
    """Sum what has gone back, by completed refunds and lost disputes: never more than was paid."""
    return min(paid, sum(parts, Decimal(0)))


def lost(paid: Decimal, currency: str, disputed: Iterable[tuple[Decimal, str]]) -> Decimal:
    """Sum the (amount, currency) of lost disputes, at most what was paid. One in another currency loses all of it."""
    return refunded(paid, (amount if other == currency else paid for amount, other in disputed))


def dispute_status(
    paid: Decimal, lost_amount: Decimal, statuses: Iterable[DisputeStatus | None]
) -> DisputeStatus | None:
    """Combine the statuses of a payment's disputes. Once all is lost, an open one can take no more."""
    known = set(statuses)
    if DisputeStatus.OPEN in known and not lost_amount >= paid > 0:
        return DisputeStatus.OPEN
    return next((status for status in (DisputeStatus.LOST, DisputeStatus.WON) if status in known), None)


def credits_due(bought: int, paid: Decimal, back: Decimal) -> int:
    """Return how many of the credits that a payment brought go with `back` of it: in proportion, half up."""
    if not paid:
        return 0
    return int((Decimal(bought) * back / paid).quantize(Decimal(1), rounding=ROUND_HALF_UP))
