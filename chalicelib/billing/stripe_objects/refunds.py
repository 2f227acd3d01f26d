"""Parse Stripe refunds (docs.stripe.com/api/refunds)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.domain import money
from chalicelib.billing.enums import RefundStatus
from chalicelib.integrations.stripe.fields import StripeObject, required_timestamp

_STATUSES = {
    "pending": RefundStatus.PROCESSING,
    "requires_action": RefundStatus.PROCESSING,
    "succeeded": RefundStatus.COMPLETED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class StripeRefund:
    """A refund. `amount` is in the main unit of `currency`."""

    id: str
    amount: Decimal
    currency: str
    status: RefundStatus
    reason: str | None
    request_id: str | None
    """The id of our refund request; None for a refund created in Stripe's dashboard or API."""
    created_at: datetime


def parse_refund(stripe_object: StripeObject) -> StripeRefund:
    """Parse a refund. Raises KeyError if a required field is missing."""
    return StripeRefund(
        id=stripe_object["id"],
        amount=money.from_minor(stripe_object["amount"], stripe_object["currency"]),
        currency=stripe_object["currency"].upper(),
        status=refund_status(stripe_object.get("status")),
        reason=stripe_object.get("reason"),
        request_id=(stripe_object.get("metadata") or {}).get("refund_id"),
        created_at=required_timestamp(stripe_object["created"]),
    )


def refund_status(stripe_status: str | None) -> RefundStatus:
    """Map Stripe's refund status (docs.stripe.com/api/refunds/object#refund_object-status).

    Old refunds have no status; they count as succeeded.
    """
    return _STATUSES.get(stripe_status or "succeeded", RefundStatus.PROCESSING)
