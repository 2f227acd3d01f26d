"""Stripe's objects, of either shape, as what we keep of them; and which of two views of one object counts.

Shapes: up to 2025-02-24 the period stands on the subscription, and the invoice names its subscription, payment intent
and charge; from 2025-03-31 (docs.stripe.com/changelog/basil) the period stands on the items, the invoice's subscription
in `parent`, its payments in `payments`, a line's price in `pricing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from chalicelib.billing.domain import money
from chalicelib.billing.enums import PaymentStatus, SubscriptionStatus
from chalicelib.billing.stripe_objects.fields import StripeObject, expanded_field, id_of, required_timestamp, timestamp

_FINAL: Mapping[str, set[str]] = {
    "subscription": {status for status in SubscriptionStatus if status.is_final},
    "invoice": {"paid", "void"},
}


class Decision(Enum):
    """Keep the row, apply the state that the event carried, or fetch the state of now."""

    KEEP = auto()
    APPLY = auto()
    FETCH = auto()


@dataclass(frozen=True, slots=True)
class StripeSubscriptionItem:
    """One thing that is subscribed to. `amount` is per unit and cycle, in the main unit; None where it has tiers."""

    id: str
    price_id: str
    amount: Decimal | None
    currency: str
    period_start: datetime | None
    period_end: datetime | None


@dataclass(frozen=True, slots=True)
class StripeSubscription:
    """A subscription as Stripe shows it at one time."""

    id: str
    customer_id: str
    status: SubscriptionStatus
    items: tuple[StripeSubscriptionItem, ...]
    started_at: datetime
    created_at: datetime
    trial_ends_at: datetime | None
    cancel_at_period_end: bool
    cancelled_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StripeInvoiceLine:
    """What an invoice charges for one item over one period. `amount` is before discounts."""

    price_id: str | None
    amount: Decimal
    period_start: datetime
    period_end: datetime
    is_subscription: bool
    is_proration: bool
    item_id: str | None = None
    """The subscription's item."""


@dataclass(frozen=True, slots=True)
class StripeInvoice:
    """An invoice as Stripe shows it at one time. `amount` is what was paid, or is due."""

    id: str
    customer_id: str
    subscription_id: str | None
    payment_intent_id: str | None
    charge_id: str | None
    status: PaymentStatus
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
    """Whether Stripe shows the rest on request only."""
    total: Decimal
    """Its lines after discounts, with tax: less than zero if credited lines exceed the others."""
    starting_balance: Decimal
    """The customer's balance before it: less than zero for a credit."""

    @property
    def period_end(self) -> datetime | None:
        """The end of the period of the subscription that it bills; None where it bills a change within one only."""
        return max((line.period_end for line in self.periods), default=None)

    @property
    def periods(self) -> list[StripeInvoiceLine]:
        """The lines that each bill a whole period of the subscription."""
        return [line for line in self.lines if line.is_subscription and not line.is_proration]

    @property
    def credit_held(self) -> Decimal:
        """The customer's credit that it could use: from the balance and by its own credited lines."""
        return self._credited + max(Decimal(0), -self.starting_balance)

    @property
    def credit_used(self) -> Decimal:
        """How much of its lines credit paid for, and neither money nor a discount."""
        return min(self.credit_held, max(Decimal(0), self.total + self._credited - self.amount))

    @property
    def _credited(self) -> Decimal:
        return -sum((line.amount for line in self.lines if line.amount < 0), Decimal(0))

    @property
    def is_linked(self) -> bool:
        """Whether it names the payment behind it, which newer shapes do on request only."""
        return self.payment_intent_id is not None


def subscription(shown: StripeObject) -> StripeSubscription:
    """A subscription of either shape. Raises KeyError or ValueError for what is none."""
    items = tuple(_item(shown, item) for item in shown["items"]["data"])
    ends = [item.period_end for item in items if item.period_end]
    cancel_at = timestamp(shown.get("cancel_at"))
    return StripeSubscription(
        id=shown["id"],
        customer_id=id_of(shown["customer"]) or "",
        status=SubscriptionStatus(shown["status"]),
        items=items,
        started_at=required_timestamp(shown["start_date"]),
        created_at=required_timestamp(shown["created"]),
        trial_ends_at=timestamp(shown.get("trial_end")),
        # With flexible billing the customer portal sets the date alone (docs.stripe.com/billing/subscriptions/cancel).
        cancel_at_period_end=bool(shown.get("cancel_at_period_end"))
        or (cancel_at is not None and bool(ends) and cancel_at <= max(ends)),
        cancelled_at=timestamp(shown.get("canceled_at")),
        ended_at=timestamp(shown.get("ended_at")),
    )


def invoice(shown: StripeObject) -> StripeInvoice:
    """An invoice of either shape, with `payments` where it was asked for. Raises KeyError for what is none."""
    intent = _intent(shown)
    paid = shown["status"] == "paid"
    transitions = shown.get("status_transitions") or {}
    return StripeInvoice(
        id=shown["id"],
        customer_id=id_of(shown["customer"]) or "",
        subscription_id=id_of(_parent(shown).get("subscription") or shown.get("subscription")),
        payment_intent_id=id_of(intent),
        charge_id=id_of(shown.get("charge")) or id_of(expanded_field(intent, "latest_charge")),
        status=_payment_status(shown),
        amount=money.from_minor(shown["amount_paid"] if paid else shown["amount_due"], shown["currency"]),
        currency=shown["currency"].upper(),
        description=shown.get("number"),
        invoice_url=shown.get("hosted_invoice_url"),
        failure_reason=None if paid else _failure(intent),
        created_at=required_timestamp(shown["created"]),
        finalized_at=timestamp(transitions.get("finalized_at")),
        paid_at=timestamp(transitions.get("paid_at")),
        lines=lines(shown["lines"]["data"], shown["currency"]),
        has_more_lines=bool(shown["lines"].get("has_more")),
        total=money.from_minor(shown.get("total", shown["amount_due"]), shown["currency"]),
        starting_balance=money.from_minor(shown.get("starting_balance") or 0, shown["currency"]),
    )


def lines(shown: Sequence[StripeObject], currency: str) -> tuple[StripeInvoiceLine, ...]:
    """An invoice's lines of either shape."""
    return tuple(_line(line, currency) for line in shown)


def with_lines(view: StripeInvoice, whole: tuple[StripeInvoiceLine, ...]) -> StripeInvoice:
    """The invoice with all of its lines."""
    return replace(view, lines=whole, has_more_lines=False)


def subscription_of(shown: StripeObject) -> StripeObject | None:
    """The subscription of an invoice, where it was asked for with it."""
    found = _parent(shown).get("subscription")
    return found if isinstance(found, Mapping) else None


def is_final(shown: StripeObject) -> bool:
    """Whether nothing can follow this state of a subscription or invoice, so that no newer view need be fetched."""
    return shown["status"] in _FINAL[shown["object"]]


def decide(final: bool, at: datetime, status: SubscriptionStatus | None, applied: datetime | None) -> Decision:
    """What to do with a subscription's state that an event of the moment `at` carried.

    `status` and `applied` (the moment of the latest event applied) are the row's, None without one. Stripe's moments
    are whole seconds and its events come in any order: a final state replaces every other, of two final ones the later
    counts, and of what is not final only Stripe itself knows whether it still holds.
    """
    ended = status is not None and status.is_final
    if not final:
        return Decision.KEEP if ended else Decision.FETCH
    return Decision.KEEP if ended and applied is not None and at <= applied else Decision.APPLY


def _item(shown: StripeObject, item: StripeObject) -> StripeSubscriptionItem:
    price = item.get("price") or item["plan"]
    amount = price.get("unit_amount_decimal") or price.get("amount_decimal")
    return StripeSubscriptionItem(
        id=item["id"],
        price_id=price["id"],
        amount=money.from_minor(Decimal(amount), price["currency"]) if amount else None,
        currency=price["currency"].upper(),
        period_start=timestamp(item.get("current_period_start", shown.get("current_period_start"))),
        period_end=timestamp(item.get("current_period_end", shown.get("current_period_end"))),
    )


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
    )


def _payment_status(shown: StripeObject) -> PaymentStatus:
    if shown["status"] == "paid":
        return PaymentStatus.COMPLETED
    failed = shown["status"] in ("void", "uncollectible") or (shown["status"] == "open" and shown.get("attempted"))
    return PaymentStatus.FAILED if failed else PaymentStatus.PENDING


def _parent(shown: StripeObject) -> StripeObject:
    return (shown.get("parent") or {}).get("subscription_details") or {}


def _intent(shown: StripeObject) -> Any:
    """The payment intent (its id, or whole where expanded) that paid the invoice, or was to pay it last."""
    payments = (shown.get("payments") or {}).get("data") or []
    ordered = sorted(payments, key=lambda payment: (payment["status"] == "paid", payment["created"]), reverse=True)
    found = [payment["payment"].get("payment_intent") for payment in ordered]
    return next((intent for intent in found if intent), shown.get("payment_intent"))


def _failure(intent: Any) -> str | None:
    """Stripe's code for why the payment failed, such as `insufficient_funds`."""
    error = expanded_field(intent, "last_payment_error") or {}
    reason = error.get("decline_code") or error.get("code")
    return str(reason) if reason else None
