"""Parse Stripe subscriptions and invoices of either API shape, and decide whether an event's state is applied.

Up to API version 2025-02-24, the subscription has the period. The invoice names its subscription, payment intent and
charge. From 2025-03-31 (docs.stripe.com/changelog/basil), the items have the period. The invoice's subscription is in
`parent`, its payments are in `payments`, and a line's price is in `pricing`.
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
    """Keep the row, apply the event's state, or fetch the current state from Stripe."""

    KEEP = auto()
    APPLY = auto()
    FETCH = auto()


@dataclass(frozen=True, slots=True)
class StripeSubscriptionItem:
    """An item of a subscription.

    `amount` is the price per unit and cycle, in the main unit; None if the price has tiers.
    """

    id: str
    price_id: str
    amount: Decimal | None
    currency: str
    period_start: datetime | None
    period_end: datetime | None


@dataclass(frozen=True, slots=True)
class StripeSubscription:
    """The state of a Stripe subscription at one time."""

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
    """The charge of an invoice for one item and period. `amount` is before discounts, in the main unit."""

    price_id: str | None
    amount: Decimal
    period_start: datetime
    period_end: datetime
    is_subscription: bool
    is_proration: bool
    item_id: str | None = None
    """The id of the subscription item."""


@dataclass(frozen=True, slots=True)
class StripeInvoice:
    """The state of a Stripe invoice at one time. `amount` is the amount paid, or due, in the main unit."""

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
    """Whether the invoice has lines that must be fetched separately."""
    total: Decimal
    """The sum of the lines after discounts, with tax; negative if credited lines exceed the others."""
    starting_balance: Decimal
    """The customer's balance before the invoice; negative for a credit."""

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


def subscription(shown: StripeObject) -> StripeSubscription:
    """Parse a subscription of either shape. Raises KeyError or ValueError if the object is not a subscription."""
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
        # With flexible billing, the customer portal sets only the date (docs.stripe.com/billing/subscriptions/cancel).
        cancel_at_period_end=bool(shown.get("cancel_at_period_end"))
        or (cancel_at is not None and bool(ends) and cancel_at <= max(ends)),
        cancelled_at=timestamp(shown.get("canceled_at")),
        ended_at=timestamp(shown.get("ended_at")),
    )


def invoice(shown: StripeObject) -> StripeInvoice:
    """Parse an invoice of either shape; read `payments` if it is expanded.

    Raises KeyError if the object is not an invoice.
    """
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
    """Parse an invoice's lines of either shape."""
    return tuple(_line(line, currency) for line in shown)


def with_lines(view: StripeInvoice, whole: tuple[StripeInvoiceLine, ...]) -> StripeInvoice:
    """Return the invoice with all of its lines."""
    return replace(view, lines=whole, has_more_lines=False)


def subscription_of(shown: StripeObject) -> StripeObject | None:
    """Return the subscription of an invoice if the field is expanded, else None."""
    found = _parent(shown).get("subscription")
    return found if isinstance(found, Mapping) else None


def is_final(shown: StripeObject) -> bool:
    """Return whether this state of a subscription or invoice is final, so that no newer state must be fetched."""
    return shown["status"] in _FINAL[shown["object"]]


def decide(final: bool, at: datetime, status: SubscriptionStatus | None, applied: datetime | None) -> Decision:
    """Decide what to do with the subscription state of an event created `at`.

    `status` and `applied` (the time of the latest applied event) are the row's; None if there is no row. Stripe's
    timestamps are whole seconds, and events arrive in any order. A final state replaces every other state; of two
    final states, the later one is kept. A state that is not final may be stale, so the current state is fetched.
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
    """Return the payment intent (an id, or an object if expanded) of the paid payment, else of the latest one."""
    payments = (shown.get("payments") or {}).get("data") or []
    ordered = sorted(payments, key=lambda payment: (payment["status"] == "paid", payment["created"]), reverse=True)
    found = [payment["payment"].get("payment_intent") for payment in ordered]
    return next((intent for intent in found if intent), shown.get("payment_intent"))


def _failure(intent: Any) -> str | None:
    """Return Stripe's code for the failure of the payment, such as `insufficient_funds`; None if it did not fail."""
    error = expanded_field(intent, "last_payment_error") or {}
    reason = error.get("decline_code") or error.get("code")
    return str(reason) if reason else None
