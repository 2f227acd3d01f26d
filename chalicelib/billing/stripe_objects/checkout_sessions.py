"""Parse Stripe Checkout sessions (docs.stripe.com/api/checkout/sessions)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.domain import money
from chalicelib.integrations.stripe.fields import StripeObject, id_of, timestamp


@dataclass(frozen=True, slots=True)
class StripeCheckoutSession:
    """A Checkout session."""

    id: str
    mode: str
    status: str
    is_paid: bool
    subscription_id: str | None
    intent_id: str | None
    customer_id: str | None
    discount: Decimal
    expires_at: datetime | None
    url: str | None
    """The page on which the buyer pays; None once the session has ended."""
    metadata: Mapping[str, str]


def parse_checkout_session(stripe_object: StripeObject) -> StripeCheckoutSession:
    """Parse a Checkout session. Raises KeyError if a required field is missing.

    API version 2020-03-02 has no `status`, `payment_status` or `expires_at`. It sends an event only for a paid session,
    so a session without these fields counts as complete and paid.
    """
    status = stripe_object.get("status") or "complete"
    total = (stripe_object.get("total_details") or {}).get("amount_discount") or 0
    return StripeCheckoutSession(
        id=stripe_object["id"],
        mode=stripe_object["mode"],
        status=status,
        is_paid=stripe_object.get("payment_status", "paid" if status == "complete" else "unpaid")
        in ("paid", "no_payment_required"),
        subscription_id=id_of(stripe_object.get("subscription")),
        intent_id=id_of(stripe_object.get("payment_intent")),
        customer_id=id_of(stripe_object.get("customer")),
        discount=money.from_minor(total, stripe_object["currency"])
        if total and stripe_object.get("currency")
        else Decimal(0),
        expires_at=timestamp(stripe_object.get("expires_at")),
        url=stripe_object.get("url"),
        metadata=dict(stripe_object.get("metadata") or {}),
    )
