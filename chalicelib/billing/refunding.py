"""Arithmetic of money that goes back: how much may still be asked for, and what it takes with it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.billing.enums import RefundStatus

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


def refunded(paid: Decimal, completed: Iterable[Decimal]) -> Decimal:
    """What has gone back: never more than was paid."""
    return min(paid, sum(completed, Decimal(0)))


def credits_due(bought: int, paid: Decimal, back: Decimal) -> int:
    """How many of the credits that were bought go with the money that went back: in proportion, half up."""
    if not paid:
        return 0
    return int((Decimal(bought) * back / paid).quantize(Decimal(1), rounding=ROUND_HALF_UP))
