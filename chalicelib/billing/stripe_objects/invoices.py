"""Parse Stripe invoices of either API shape.

Up to API version 2025-02-24, the invoice names its subscription, payment intent and charge. From 2025-03-31
(docs.stripe.com/changelog/basil), its subscription is in `parent`, its payments are in `payments`, and a line's price is
in `pricing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.billing.domain import money
from chalicelib.billing.domain.payment_parts import PaymentPart
from chalicelib.billing.enums import PaymentStatus
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription, parse_subscription
from chalicelib.integrations.stripe.fields import StripeObject, expanded_field, id_of, required_timestamp, timestamp

_FINAL = ("paid", "void")
_UNPAID = ("open", "uncollectible")


@dataclass(frozen=True, slots=True)
class StripeInvoiceLine:
    """The charge of an invoice for one item and period. `amount` is before discounts, in the main unit."""

    price_id: str | None
    amount: Decimal
    period_start: datetime
    period_end: datetime
    is_subscription: bool
    is_proration: bool
    item_id: str | None = None
    """The id of the subscription item."""
    discount: Decimal = Decimal(0)
    """The discounts of the line."""

    @property
    def net_amount(self) -> Decimal:
        """The amount after discounts, without exclusive taxes."""
        return self.amount - self.discount


@dataclass(frozen=True, slots=True)
class StripeInvoice:
    """The state of a Stripe invoice at one time. `amount` is the amount paid, or due, in the main unit."""

    id: str
    customer_id: str
    subscription_id: str | None
    subscription: StripeSubscription | None
    """Its subscription if the field was expanded."""
    payment_intent_id: str | None
    charge_id: str | None
    status: PaymentStatus
    is_owed: bool
    """Whether the invoice is due and unpaid, even if written off; false if a paused collection waived it."""
    is_processing: bool
    """Whether a bank debit for the unpaid invoice is processing: it has neither succeeded nor failed."""
    settled_at: datetime | None
    """When the invoice was paid or voided."""
    is_final: bool
    """Whether no newer state of the invoice can follow, so that it need not be fetched."""
    amount: Decimal
    currency: str
    description: str | None
    invoice_url: str | None
    failure_reason: str | None
    created_at: datetime
    finalized_at: datetime | None
    paid_at: datetime | None
    lines: tuple[StripeInvoiceLine, ...]
    has_more_lines: bool
    """Whether the invoice has lines that must be fetched separately."""
    total: Decimal
    """The sum of the lines after discounts, with tax; negative if credited lines exceed the others."""
    tax: Decimal
    """The taxes in the total."""
    starting_balance: Decimal
    """The customer's balance before the invoice; negative for a credit."""
    parts: tuple[PaymentPart, ...] | None = None
    """The payments through Stripe that paid the invoice; None if it is unpaid or its payments are not expanded."""
    has_more_payments: bool = False
    """Whether the invoice has payments that must be fetched separately."""

    @property
    def period_end(self) -> datetime | None:
        """The end of the billed subscription period; None if the invoice bills only a change within a period."""
        return max((line.period_end for line in self.periods), default=None)

    @property
    def periods(self) -> list[StripeInvoiceLine]:
        """The lines that bill a whole period of the subscription."""
        return [line for line in self.lines if line.is_subscription and not line.is_proration]

    @property
    def credit_held(self) -> Decimal:
        """The customer's credit that the invoice could use: the balance and its own credited lines."""
        return self._credited + max(Decimal(0), -self.starting_balance)

    @property
    def credit_used(self) -> Decimal:
        """The part of the lines that was paid with credit, not with money or a discount."""
        return min(self.credit_held, max(Decimal(0), self.total + self._credited - self.amount))

    @property
    def _credited(self) -> Decimal:
        return -sum((line.amount for line in self.lines if line.amount < 0), Decimal(0))

    @property
    def is_linked(self) -> bool:
        """Whether the invoice names its payment intent. Newer API versions name it only if `payments` is expanded."""
        return self.payment_intent_id is not None


def parse_invoice(stripe_object: StripeObject) -> StripeInvoice:
    """Parse an invoice of either shape; read `payments` and the subscription if they are expanded.

    Raises KeyError if the object is not an invoice.
    """
    intent, parent = _intent(stripe_object), _parent(stripe_object)
    status, subscription = stripe_object["status"], parent.get("subscription")
    paid, is_processing = status == "paid", _is_processing(stripe_object, intent)
    transitions, currency = stripe_object.get("status_transitions") or {}, stripe_object["currency"]
    return StripeInvoice(
        id=stripe_object["id"],
        customer_id=id_of(stripe_object["customer"]) or "",
        subscription_id=id_of(subscription or stripe_object.get("subscription")),
        subscription=parse_subscription(subscription) if isinstance(subscription, Mapping) else None,
        payment_intent_id=id_of(intent),
        charge_id=id_of(stripe_object.get("charge")) or id_of(expanded_field(intent, "latest_charge")),
        status=PaymentStatus.PENDING if is_processing else _payment_status(stripe_object),
        is_owed=status == "open" or (status == "uncollectible" and _was_demanded(stripe_object)),
        is_processing=is_processing,
        settled_at=timestamp(transitions.get("paid_at") or transitions.get("voided_at")),
        is_final=status in _FINAL,
        amount=money.from_minor(stripe_object["amount_paid"] if paid else stripe_object["amount_due"], currency),
        currency=currency.upper(),
        description=stripe_object.get("number"),
        invoice_url=stripe_object.get("hosted_invoice_url"),
        failure_reason=None if paid or is_processing else _failure(intent) or _rest_failure(stripe_object),
        created_at=required_timestamp(stripe_object["created"]),
        finalized_at=timestamp(transitions.get("finalized_at")),
        paid_at=timestamp(transitions.get("paid_at")),
        lines=parse_lines(stripe_object["lines"]["data"], currency),
        has_more_lines=bool(stripe_object["lines"].get("has_more")),
        total=money.from_minor(stripe_object.get("total", stripe_object["amount_due"]), currency),
        tax=money.from_minor(_tax(stripe_object), currency),
        starting_balance=money.from_minor(stripe_object.get("starting_balance") or 0, currency),
        parts=_parts(stripe_object) if paid else None,
        has_more_payments=bool((stripe_object.get("payments") or {}).get("has_more")),
    )


def parse_parts(stripe_objects: Sequence[StripeObject], currency: str) -> tuple[PaymentPart, ...] | None:
    """Parse the invoice payments (docs.stripe.com/api/invoice-payment) that were paid through Stripe, oldest first.

    Returns None if the amount of one is missing.
    """
    paid = [row for row in stripe_objects if row["status"] == "paid"]
    ours = [row for row in paid if row["payment"].get("payment_intent") or row["payment"].get("charge")]
    if any(row.get("amount_paid") is None for row in ours):
        return None
    return tuple(
        PaymentPart(
            id_of(row["payment"].get("payment_intent")),
            id_of(row["payment"].get("charge")),
            money.from_minor(row["amount_paid"], currency),
        )
        for row in sorted(ours, key=lambda each: each["created"])
    )


def parse_lines(stripe_objects: Sequence[StripeObject], currency: str) -> tuple[StripeInvoiceLine, ...]:
    """Parse an invoice's lines of either shape."""
    return tuple(_line(line, currency) for line in stripe_objects)


def parse_amount_due(stripe_object: StripeObject) -> Decimal:
    """Parse the amount that is due of the preview of an invoice, in the main unit."""
    return money.from_minor(stripe_object["amount_due"], stripe_object["currency"])


def _line(line: StripeObject, currency: str) -> StripeInvoiceLine:
    parent = line.get("parent") or {}
    details = parent.get(parent.get("type")) or {}
    pricing = (line.get("pricing") or {}).get("price_details") or {}
    return StripeInvoiceLine(
        price_id=id_of(pricing.get("price") or line.get("price") or line.get("plan")),
        amount=money.from_minor(line["amount"], currency),
        period_start=required_timestamp(line["period"]["start"]),
        period_end=required_timestamp(line["period"]["end"]),
        is_subscription=parent.get("type") == "subscription_item_details" or line.get("type") == "subscription",
        is_proration=bool(details.get("proration", line.get("proration"))),
        item_id=id_of(details.get("subscription_item") or line.get("subscription_item")),
        discount=money.from_minor(sum(row["amount"] for row in line.get("discount_amounts") or []), currency),
    )


def _tax(stripe_object: StripeObject) -> int:
    """Return the taxes in minor units. They are in `total_taxes` from 2025-03-31, before that in `total_tax_amounts`."""
    rows = stripe_object.get("total_taxes") or stripe_object.get("total_tax_amounts") or []
    return sum(int(row["amount"]) for row in rows) if rows else int(stripe_object.get("tax") or 0)


def _payment_status(stripe_object: StripeObject) -> PaymentStatus:
    """Return the status of the payment. If a part is paid, the attempt of the rest has failed only if its intent has."""
    is_partly_paid = (stripe_object.get("amount_paid") or 0) > 0
    has_failed = _rest_failure(stripe_object) is not None if is_partly_paid else stripe_object.get("attempted")
    attempted = PaymentStatus.FAILED if has_failed else PaymentStatus.PENDING
    statuses = {
        "paid": PaymentStatus.COMPLETED,
        "void": PaymentStatus.FAILED,
        "uncollectible": PaymentStatus.FAILED,
        "open": attempted,
    }
    return statuses.get(stripe_object["status"], PaymentStatus.PENDING)


def _is_processing(stripe_object: StripeObject, intent: Any) -> bool:
    """Return whether the invoice is unpaid and its `intent`, or that of any open payment, is processing.

    Reads expanded intents only. Of an invoice that is partly paid, `intent` is the one that paid.
    """
    is_any = any(expanded_field(each, "status") == "processing" for each in [intent, *_open_intents(stripe_object)])
    return stripe_object["status"] in _UNPAID and is_any


def _open_intents(stripe_object: StripeObject) -> list[Any]:
    """Return the intents (ids, or objects if expanded) of the payments that have not paid yet."""
    rows = (stripe_object.get("payments") or {}).get("data") or []
    return [row["payment"].get("payment_intent") for row in rows if row["status"] == "open"]


def _rest_failure(stripe_object: StripeObject) -> str | None:
    """Return Stripe's code for the failure of a payment that has not paid yet; None if none has failed."""
    return next(filter(None, map(_failure, _open_intents(stripe_object))), None)


def _was_demanded(stripe_object: StripeObject) -> bool:
    """Return whether a payment was demanded. A paused collection writes invoices off without an attempt."""
    return bool(stripe_object.get("attempted")) or stripe_object.get("collection_method") == "send_invoice"


def _parts(stripe_object: StripeObject) -> tuple[PaymentPart, ...] | None:
    """Return the paid payments; None if `payments` is not expanded. API versions before 2025-03-31 do not have it."""
    payments = stripe_object.get("payments")
    return None if payments is None else parse_parts(payments["data"], stripe_object["currency"])


def _parent(stripe_object: StripeObject) -> StripeObject:
    return (stripe_object.get("parent") or {}).get("subscription_details") or {}


def _intent(stripe_object: StripeObject) -> Any:
    """Return the payment intent (an id, or an object if expanded) of the paid payment, else of the latest one.

    A canceled payment counts only if there is no other.
    """
    payments = (stripe_object.get("payments") or {}).get("data") or []
    ranks = {"paid": 2, "open": 1}
    ordered = sorted(payments, key=lambda each: (ranks.get(each["status"], 0), each["created"]), reverse=True)
    intents = [payment["payment"].get("payment_intent") for payment in ordered]
    return next((intent for intent in intents if intent), stripe_object.get("payment_intent"))


def _failure(intent: Any) -> str | None:
    """Return Stripe's code for the failure of the payment, such as `insufficient_funds`; None if it did not fail."""
    error = expanded_field(intent, "last_payment_error") or {}
    reason = error.get("decline_code") or error.get("code")
    return str(reason) if reason else None
