"""Parse Stripe payment intents (docs.stripe.com/api/payment_intents), and references to the payment of another object.

Before API version 2022-11-15, an intent lists its `charges`; later versions have `latest_charge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.domain import money
from chalicelib.billing.enums import PaymentStatus
from chalicelib.integrations.stripe.fields import StripeObject, expanded_field, id_of, required_timestamp

_NOT_FAILED = ("succeeded", "processing")
"""The statuses in which errors of earlier attempts are ignored."""

PURCHASE = "backroom_purchase"
"""The key in `metadata` that marks a purchase through our checkout. Its value is the `PaymentKind`."""


@dataclass(frozen=True, slots=True)
class StripePaymentIntent:
    """A payment intent: one payment with all of its attempts.

    `amount` is the received amount, or the amount to pay before the intent has succeeded.
    """

    id: str
    customer_id: str | None
    charge_id: str | None
    invoice_id: str | None
    status: PaymentStatus
    amount: Decimal
    currency: str
    metadata: Mapping[str, str]
    failure_reason: str | None
    created_at: datetime
    is_final: bool
    """Whether no newer state of the intent can follow."""
    is_canceled: bool

    @property
    def is_purchase(self) -> bool:
        """Whether it pays for a one-time purchase through our checkout."""
        return PURCHASE in self.metadata


@dataclass(frozen=True, slots=True)
class StripePaymentReference:
    """The payment that a charge, refund or dispute belongs to, or that pays an invoice."""

    intent_id: str | None = None
    charge_id: str | None = None
    invoice_id: str | None = None


def parse_payment_intent(stripe_object: StripeObject) -> StripePaymentIntent:
    """Parse a payment intent of either shape. Raises KeyError if the object is not a payment intent."""
    error = stripe_object.get("last_payment_error") or {}
    status = stripe_object["status"]
    charges = (stripe_object.get("charges") or {}).get("data") or []
    return StripePaymentIntent(
        id=stripe_object["id"],
        customer_id=id_of(stripe_object.get("customer")),
        charge_id=id_of(stripe_object.get("latest_charge")) or id_of(charges[0] if charges else None),
        invoice_id=id_of(stripe_object.get("invoice")),
        status=_intent_status(status, bool(error)),
        amount=money.from_minor(_amount(stripe_object), stripe_object["currency"]),
        currency=stripe_object["currency"].upper(),
        metadata=dict(stripe_object.get("metadata") or {}),
        failure_reason=None if status in _NOT_FAILED else error.get("decline_code") or error.get("code"),
        created_at=required_timestamp(stripe_object["created"]),
        is_final=status in ("succeeded", "canceled"),
        is_canceled=status == "canceled",
    )


def parse_payment_reference(stripe_object: StripeObject) -> StripePaymentReference:
    """Parse which payment a charge, refund or dispute belongs to."""
    charge = stripe_object.get("charge")
    return StripePaymentReference(
        intent_id=id_of(stripe_object.get("payment_intent")) or id_of(expanded_field(charge, "payment_intent")),
        charge_id=stripe_object["id"] if stripe_object["object"] == "charge" else id_of(charge),
        invoice_id=id_of(stripe_object.get("invoice")),
    )


def _amount(stripe_object: StripeObject) -> int:
    """Return the received amount in the minor unit; the amount to pay if the intent has not succeeded.

    They differ after a partial capture, or if a bank transfer has another amount.
    """
    received = stripe_object.get("amount_received") if stripe_object["status"] == "succeeded" else None
    return int(stripe_object["amount"] if received is None else received)


def _intent_status(status: str, has_failed: bool) -> PaymentStatus:
    if status == "succeeded":
        return PaymentStatus.COMPLETED
    if status == "processing":  # a bank debit, also after a declined attempt
        return PaymentStatus.PENDING
    return PaymentStatus.FAILED if status == "canceled" or has_failed else PaymentStatus.PENDING
