"""Event handlers by Stripe event type: each parses the event's object, and syncs what it describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chalicelib.billing.domain.event_order import EventContext
from chalicelib.billing.enums import PaymentKind, SubscriptionStatus
from chalicelib.billing.repository import customers
from chalicelib.billing.schemas.messages import TrialEnding
from chalicelib.billing.service import discount_redemptions, gifts
from chalicelib.billing.service.subscriptions import NotOurs
from chalicelib.billing.service.sync import invoices, purchases, refunds_and_disputes, subscriptions
from chalicelib.billing.service.sync.refunds_and_disputes import PaymentNotStored
from chalicelib.billing.stripe_objects.checkout_sessions import StripeCheckoutSession, parse_checkout_session
from chalicelib.billing.stripe_objects.customers import StripeCustomer, parse_customer
from chalicelib.billing.stripe_objects.invoices import StripeInvoice, parse_invoice
from chalicelib.billing.stripe_objects.payment_intents import (
    PURCHASE,
    StripePaymentIntent,
    StripePaymentReference,
    parse_payment_intent,
    parse_payment_reference,
)
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscriptionSnapshot, parse_snapshot
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.integrations.stripe import payments as stripe_payments
from chalicelib.integrations.stripe.fields import StripeObject
from chalicelib.kit import messages

T = TypeVar("T")


class RetryEvent(Exception):
    """The event's payment was missing and has now been synced; the event must be retried."""


@dataclass(frozen=True, slots=True)
class EventHandler(Generic[T]):
    """How the events of a type are handled.

    `handle` raises NotOurs with the reason if the event is ignored, RetryEvent if the event must be retried.
    """

    parse: Callable[[StripeObject], T]
    handle: Callable[[T, EventContext], object]


def _trial_will_end(snapshot: StripeSubscriptionSnapshot, event: EventContext) -> None:
    row = subscriptions.sync_event_subscription(snapshot, event)
    if row is not None and row.status is SubscriptionStatus.TRIALING and row.trial_ends_at:
        messages.publish(
            TrialEnding(
                owner_type=row.owner_type,
                owner_id=row.owner_id,
                subscription_id=row.id,
                plan_name=row.plan_name,
                trial_ends_at=row.trial_ends_at,
            )
        )


def _checkout_paid(session: StripeCheckoutSession, event: EventContext) -> None:
    """Sync what a paid checkout bought: a subscription, or a one-time purchase."""
    if not session.is_paid:
        raise NotOurs("not paid yet")
    if session.mode == "subscription" and session.subscription_id:
        subscriptions.sync_checkout(session, event)
    elif session.intent_id is None:
        raise NotOurs("the checkout has no payment")
    else:
        purchases.sync_purchase(_fetch_intent(session.intent_id), event)


def _checkout_lost(session: StripeCheckoutSession, _: EventContext) -> None:
    """Release what an unpaid checkout reserved: its gift and its discount code's use."""
    metadata = session.metadata
    if metadata.get(PURCHASE) == PaymentKind.GIFT:
        gifts.abandon(metadata["item"])
    if discount_redemptions.CODE in metadata:
        code, redemption = metadata[discount_redemptions.CODE], metadata[discount_redemptions.REDEMPTION]
        discount_redemptions.release(code, redemption, session.id)


def _intent_changed(intent: StripePaymentIntent, event: EventContext) -> None:
    """Sync a purchase from its payment intent, or an invoice whose payment intent has ended.

    Other failures of an invoice's payment arrive as events of the invoice.
    """
    payment = StripePaymentReference(intent.id, intent.charge_id, intent.invoice_id)
    if intent.is_purchase:
        purchases.sync_purchase(intent, event)
    elif not intent.is_final:
        raise NotOurs("covered by the events of its invoice")
    elif (invoice := _fetch_invoice(payment)) is None:
        raise NotOurs("neither an invoice's payment nor a known purchase")
    else:
        invoices.sync_invoice(invoice, event, payment)


def _money_back(payment: StripePaymentReference, event: EventContext) -> None:
    try:
        refunds_and_disputes.sync_refunds(payment)
    except PaymentNotStored:
        _sync_payment(payment, event)


def _disputed(payment: StripePaymentReference, event: EventContext) -> None:
    try:
        refunds_and_disputes.sync_disputes(payment)
    except PaymentNotStored:
        _sync_payment(payment, event)


def _sync_payment(payment: StripePaymentReference, event: EventContext) -> None:
    """Sync the payment of a refund or dispute that arrived before the payment's own event.

    Raises NotOurs if the payment is not ours, RetryEvent once the payment is synced.
    """
    invoice = _fetch_invoice(payment)
    if invoice is not None:
        invoices.sync_invoice(invoice, event, payment)
    elif payment.intent_id:
        purchases.sync_purchase(_fetch_intent(payment.intent_id), event)
    else:
        raise NotOurs("its payment is unknown")
    raise RetryEvent


def _fetch_intent(intent_id: str) -> StripePaymentIntent:
    return parse_payment_intent(stripe_payments.retrieve_payment_intent(intent_id))


def _fetch_invoice(payment: StripePaymentReference) -> StripeInvoice | None:
    """Fetch the invoice that a payment pays; None if it pays none."""
    stripe_object = None
    if payment.invoice_id:
        stripe_object = stripe_invoices.retrieve_invoice(payment.invoice_id)
    elif payment.intent_id:
        stripe_object = stripe_invoices.find_invoice_of_intent(payment.intent_id)
    return parse_invoice(stripe_object) if stripe_object else None


def _customer_updated(customer: StripeCustomer, _: EventContext) -> None:
    """Link the Stripe customer to its owner if a crash prevented that after the customer was created."""
    if customer.owner is None:
        raise NotOurs("not a known customer")
    row = customers.get(*customer.owner)
    if row.at_stripe is None and row.stripe_customer_id != customer.id:  # do not relink a deleted customer
        customers.link(row, customer.id)


def _customer_deleted(customer: StripeCustomer, _: EventContext) -> None:
    row = customers.find_by_stripe_id(customer.id)
    if row is None:
        raise NotOurs("not a known customer")
    customers.unlink(row, customer.id)


_SUBSCRIPTION = EventHandler(parse_snapshot, subscriptions.sync_event_subscription)
_INVOICE = EventHandler(parse_invoice, invoices.sync_invoice)
_REFUND = EventHandler(parse_payment_reference, _money_back)
_DISPUTE = EventHandler(parse_payment_reference, _disputed)
_PAID = EventHandler(parse_checkout_session, _checkout_paid)
_LOST = EventHandler(parse_checkout_session, _checkout_lost)
_INTENT = EventHandler(parse_payment_intent, _intent_changed)

HANDLERS: Mapping[str, EventHandler[Any]] = {
    "customer.subscription.created": _SUBSCRIPTION,
    "customer.subscription.updated": _SUBSCRIPTION,
    "customer.subscription.deleted": _SUBSCRIPTION,
    "customer.subscription.paused": _SUBSCRIPTION,
    "customer.subscription.resumed": _SUBSCRIPTION,
    "customer.subscription.trial_will_end": EventHandler(parse_snapshot, _trial_will_end),
    "invoice.payment_succeeded": _INVOICE,
    "invoice.paid": _INVOICE,
    "invoice.payment_failed": _INVOICE,
    "invoice.finalized": _INVOICE,
    "invoice.voided": _INVOICE,
    "charge.refunded": _REFUND,
    "refund.created": _REFUND,
    "refund.updated": _REFUND,
    "refund.failed": _REFUND,
    "charge.dispute.created": _DISPUTE,
    "charge.dispute.updated": _DISPUTE,
    "charge.dispute.funds_withdrawn": _DISPUTE,
    "charge.dispute.funds_reinstated": _DISPUTE,
    "charge.dispute.closed": _DISPUTE,
    "checkout.session.completed": _PAID,
    "checkout.session.async_payment_succeeded": _PAID,
    "checkout.session.async_payment_failed": _LOST,
    "checkout.session.expired": _LOST,
    "payment_intent.succeeded": _INTENT,
    "payment_intent.payment_failed": _INTENT,
    "customer.updated": EventHandler(parse_customer, _customer_updated),
    "customer.deleted": EventHandler(parse_customer, _customer_deleted),
}
