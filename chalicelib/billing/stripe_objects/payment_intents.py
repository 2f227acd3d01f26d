"""Parse Stripe payment intents, charges, refunds, disputes and Checkout sessions.

Source: docs.stripe.com/api/{payment_intents,charges,refunds,disputes,checkout/sessions}. Before API version 2022-11-15,
an intent lists its `charges`; later versions have `latest_charge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.domain import money, refund_amounts
from chalicelib.billing.enums import DisputeStatus, PaymentStatus, RefundStatus
from chalicelib.billing.stripe_objects.fields import StripeObject, expanded_field, id_of, required_timestamp, timestamp

PURCHASE = "backroom_purchase"
"""The key in `metadata` that marks a purchase through our checkout. Its value is the `PaymentKind`."""

_ENDED = {"succeeded", "canceled"}
_DISPUTES = {"won": DisputeStatus.WON, "lost": DisputeStatus.LOST, "warning_closed": None, "charge_refunded": None}
"""The statuses that end a dispute. `charge_refunded` occurs only before API version 2014-11-20."""


@dataclass(frozen=True, slots=True)
class StripePaymentIntent:
    """A payment intent: one payment with all of its attempts."""

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

    @property
    def is_purchase(self) -> bool:
        """Whether it pays for a one-time purchase through our checkout."""
        return PURCHASE in self.metadata


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


@dataclass(frozen=True, slots=True)
class StripeDispute:
    """A dispute of a payment or of a part of it. `amount` is in the main unit of `currency`."""

    amount: Decimal
    currency: str
    status: DisputeStatus | None
    created_at: datetime
    is_inquiry: bool
    """Whether the bank only asks: no money was withdrawn, and a full refund resolves it."""

    @property
    def is_lost(self) -> bool:
        """Whether the dispute is lost, and with it the amount."""
        return self.status is DisputeStatus.LOST


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
    metadata: Mapping[str, str]


def intent(shown: StripeObject) -> StripePaymentIntent:
    """Parse a payment intent of either shape. Raises KeyError if the object is not a payment intent."""
    error = shown.get("last_payment_error") or {}
    status = shown["status"]
    charges = (shown.get("charges") or {}).get("data") or []
    return StripePaymentIntent(
        id=shown["id"],
        customer_id=id_of(shown.get("customer")),
        charge_id=id_of(shown.get("latest_charge")) or id_of(charges[0] if charges else None),
        invoice_id=id_of(shown.get("invoice")),
        status=_intent_status(status, bool(error)),
        amount=money.from_minor(shown["amount"], shown["currency"]),
        currency=shown["currency"].upper(),
        metadata=dict(shown.get("metadata") or {}),
        failure_reason=None if status == "succeeded" else error.get("decline_code") or error.get("code"),
        created_at=required_timestamp(shown["created"]),
    )


def is_settled(shown: StripeObject) -> bool:
    """Return whether this state of a payment intent is final."""
    return shown["status"] in _ENDED


def refund(shown: StripeObject) -> StripeRefund:
    """Parse a refund. Raises KeyError if a required field is missing."""
    return StripeRefund(
        id=shown["id"],
        amount=money.from_minor(shown["amount"], shown["currency"]),
        currency=shown["currency"].upper(),
        status=refund_amounts.status_of(shown.get("status")),
        reason=shown.get("reason"),
        request_id=(shown.get("metadata") or {}).get("refund_id"),
        created_at=required_timestamp(shown["created"]),
    )


def dispute(shown: StripeObject) -> StripeDispute:
    """Parse a dispute. Raises KeyError if a required field is missing."""
    return StripeDispute(
        amount=money.from_minor(shown["amount"], shown["currency"]),
        currency=shown["currency"].upper(),
        status=_dispute_status(shown),
        is_inquiry=str(shown["status"]).startswith("warning_"),
        created_at=required_timestamp(shown["created"]),
    )


def session(shown: StripeObject) -> StripeCheckoutSession:
    """Parse a Checkout session. Raises KeyError if a required field is missing.

    API version 2020-03-02 has no `status`, `payment_status` or `expires_at`. It sends an event only for a paid session,
    so a session without these fields counts as complete and paid.
    """
    status = shown.get("status") or "complete"
    total = (shown.get("total_details") or {}).get("amount_discount") or 0
    return StripeCheckoutSession(
        id=shown["id"],
        mode=shown["mode"],
        status=status,
        is_paid=shown.get("payment_status", "paid" if status == "complete" else "unpaid")
        in ("paid", "no_payment_required"),
        subscription_id=id_of(shown.get("subscription")),
        intent_id=id_of(shown.get("payment_intent")),
        customer_id=id_of(shown.get("customer")),
        discount=money.from_minor(total, shown["currency"]) if total and shown.get("currency") else Decimal(0),
        expires_at=timestamp(shown.get("expires_at")),
        metadata=dict(shown.get("metadata") or {}),
    )


def charge_of(shown: StripeObject) -> tuple[str | None, str | None]:
    """Return the ids of the payment intent and of the charge of a charge, refund or dispute."""
    own = shown["id"] if shown["object"] == "charge" else id_of(shown.get("charge"))
    return id_of(shown.get("payment_intent")) or id_of(expanded_field(shown.get("charge"), "payment_intent")), own


def _dispute_status(shown: StripeObject) -> DisputeStatus | None:
    """Map Stripe's status (docs.stripe.com/api/disputes/object#dispute_object-status).

    An open inquiry (`warning_...`) counts as an open dispute; a closed inquiry is not a loss. A prevented dispute is
    lost if Stripe kept the withdrawn amount. An unknown status counts as open.
    """
    status = shown["status"]
    if status == "prevented":
        return DisputeStatus.LOST if _net(shown) < 0 else None
    return _DISPUTES.get(status, DisputeStatus.OPEN)


def _net(shown: StripeObject) -> int:
    """Sum the balance transactions of a dispute, in minor units of the account's currency.

    A negative sum means that Stripe withdrew the amount.
    """
    rows = [row for row in shown.get("balance_transactions") or [] if isinstance(row, Mapping)]
    return sum(int(row.get("amount") or 0) for row in rows)


def _intent_status(status: str, has_failed: bool) -> PaymentStatus:
    if status == "succeeded":
        return PaymentStatus.COMPLETED
    return PaymentStatus.FAILED if status == "canceled" or has_failed else PaymentStatus.PENDING
