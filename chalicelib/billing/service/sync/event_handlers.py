"""Event handlers by Stripe event type. A handler returns None, or the reason why the event is ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.billing.enums import OwnerType, PaymentKind, SubscriptionStatus
from chalicelib.billing.errors import CustomerNotFound
from chalicelib.billing.repository import customers
from chalicelib.billing.schemas.messages import TrialEnding
from chalicelib.billing.service import discount_redemptions, gifts
from chalicelib.billing.service.subscriptions import NotOurs
from chalicelib.billing.service.sync import invoices, purchases, refunds_and_disputes
from chalicelib.billing.service.sync.invoices import EventContext, PaymentLink
from chalicelib.billing.service.sync.refunds_and_disputes import PaymentUnknown
from chalicelib.billing.stripe_objects import payment_intents
from chalicelib.billing.stripe_objects.fields import StripeObject, id_of
from chalicelib.billing.stripe_objects.payment_intents import PURCHASE
from chalicelib.integrations.stripe import invoices as stripe_invoices
from chalicelib.integrations.stripe import payments as stripe_payments
from chalicelib.integrations.stripe.errors import StripeObjectNotFound
from chalicelib.kit import messages

Handler = Callable[[StripeObject, EventContext], str | None]


class RetryEvent(Exception):
    """The event's payment was missing and has now been synced; the event must be retried."""


def handle_event(event_type: str, shown: StripeObject, cause: EventContext) -> str | None:
    """Apply the event; `shown` is its object. Return the reason if it is ignored, else None.

    Raises RetryEvent if the event must be retried.
    """
    handler = HANDLERS.get(event_type)
    if handler is None:
        return "not handled"
    try:
        return handler(shown, cause)
    except NotOurs as error:
        return str(error)
    except StripeObjectNotFound:
        return "its object no longer exists at Stripe"
    except CustomerNotFound:
        return "its owner is no longer registered"


def _subscription_changed(shown: StripeObject, cause: EventContext) -> str | None:
    invoices.sync_subscription(shown["id"], shown, cause)
    return None


def _trial_will_end(shown: StripeObject, cause: EventContext) -> str | None:
    row = invoices.sync_subscription(shown["id"], shown, cause)
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
    return None


def _invoice_changed(shown: StripeObject, cause: EventContext) -> str | None:
    invoices.sync_invoice(shown, cause)
    return None


def _checkout_paid(shown: StripeObject, cause: EventContext) -> str | None:
    """Sync what a paid checkout bought: a subscription, or a one-time purchase."""
    view = payment_intents.session(shown)
    if not view.is_paid:
        return "not paid yet"
    if view.mode == "subscription" and view.subscription_id:
        invoices.sync_checkout(view, cause)
        return None
    if view.intent_id is None:
        return "the checkout has no payment"
    purchases.sync_purchase(stripe_payments.retrieve_payment_intent(view.intent_id), cause)
    return None


def _checkout_lost(shown: StripeObject, _: EventContext) -> str | None:
    """Release what an unpaid checkout reserved: its gift and its discount code's use."""
    view = payment_intents.session(shown)
    metadata = view.metadata
    if metadata.get(PURCHASE) == PaymentKind.GIFT:
        gifts.abandon(metadata["item"])
    if discount_redemptions.CODE in metadata:
        discount_redemptions.release(
            metadata[discount_redemptions.CODE], metadata[discount_redemptions.REDEMPTION], view.id
        )
    return None


def _intent_changed(shown: StripeObject, cause: EventContext) -> str | None:
    """Sync a purchase from its payment intent, or an invoice whose payment intent has ended.

    Other failures of an invoice's payment arrive as events of the invoice.
    """
    view = payment_intents.intent(shown)
    if view.is_purchase:
        purchases.sync_purchase(shown, cause)
        return None
    if not payment_intents.is_settled(shown):
        return "covered by the events of its invoice"
    invoice = (
        stripe_invoices.retrieve_invoice(view.invoice_id)
        if view.invoice_id
        else stripe_invoices.find_invoice_of_intent(view.id)
    )
    if invoice is None:
        return "neither an invoice's payment nor a known purchase"
    invoices.sync_invoice(invoice, cause, PaymentLink(view.id, view.charge_id))
    return None


def _money_back(shown: StripeObject, cause: EventContext) -> str | None:
    intent_id, charge_id = payment_intents.charge_of(shown)
    try:
        refunds_and_disputes.sync_refunds(intent_id, charge_id)
    except PaymentUnknown:
        return _make_known(shown, intent_id, charge_id, cause)
    return None


def _disputed(shown: StripeObject, cause: EventContext) -> str | None:
    intent_id, charge_id = payment_intents.charge_of(shown)
    try:
        refunds_and_disputes.sync_disputes(intent_id, charge_id)
    except PaymentUnknown:
        return _make_known(shown, intent_id, charge_id, cause)
    return None


def _make_known(shown: StripeObject, intent_id: str | None, charge_id: str | None, cause: EventContext) -> str | None:
    """Sync the payment of a refund or dispute that arrived before the payment's own event.

    Returns a reason if the payment is not ours. Raises RetryEvent once the payment is synced.
    """
    invoice = None
    if shown.get("invoice"):
        invoice = stripe_invoices.retrieve_invoice(str(id_of(shown["invoice"])))
    elif intent_id:
        invoice = stripe_invoices.find_invoice_of_intent(intent_id)
    if invoice is not None:
        invoices.sync_invoice(invoice, cause, PaymentLink(intent_id, charge_id))
    elif intent_id:
        purchases.sync_purchase(stripe_payments.retrieve_payment_intent(intent_id), cause)
    else:
        return "its payment is unknown"
    raise RetryEvent


def _customer_updated(shown: StripeObject, _: EventContext) -> str | None:
    """Link the Stripe customer to its owner if a crash prevented that after the customer was created."""
    owner = shown.get("metadata") or {}
    if "owner_type" not in owner or "owner_id" not in owner:
        return "not a known customer"
    row = customers.get(OwnerType(owner["owner_type"]), owner["owner_id"])
    if row.at_stripe is None and row.stripe_customer_id != shown["id"]:  # do not relink a deleted customer
        customers.link(row, shown["id"])
    return None


def _customer_deleted(shown: StripeObject, _: EventContext) -> str | None:
    row = customers.find_by_stripe_id(shown["id"])
    if row is None:
        return "not a known customer"
    customers.unlink(row, shown["id"])
    return None


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(
        (
            "customer.subscription.created",
            "customer.subscription.updated",
            "customer.subscription.deleted",
            "customer.subscription.paused",
            "customer.subscription.resumed",
        ),
        _subscription_changed,
    ),
    "customer.subscription.trial_will_end": _trial_will_end,
    **dict.fromkeys(
        (
            "invoice.payment_succeeded",
            "invoice.paid",
            "invoice.payment_failed",
            "invoice.finalized",
            "invoice.voided",
        ),
        _invoice_changed,
    ),
    **dict.fromkeys(("charge.refunded", "refund.created", "refund.updated", "refund.failed"), _money_back),
    **dict.fromkeys(
        (
            "charge.dispute.created",
            "charge.dispute.updated",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
            "charge.dispute.closed",
        ),
        _disputed,
    ),
    **dict.fromkeys(("checkout.session.completed", "checkout.session.async_payment_succeeded"), _checkout_paid),
    **dict.fromkeys(("checkout.session.async_payment_failed", "checkout.session.expired"), _checkout_lost),
    **dict.fromkeys(("payment_intent.succeeded", "payment_intent.payment_failed"), _intent_changed),
    "customer.updated": _customer_updated,
    "customer.deleted": _customer_deleted,
}
