"""What each of Stripe's events means to us. A handler gives None, or why the event has no effect here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.billing import settlements
from chalicelib.billing.enums import OwnerType, PaymentKind, SubscriptionStatus
from chalicelib.billing.errors import CustomerUnknown
from chalicelib.billing.repository import customers
from chalicelib.billing.schemas.messages import TrialEnding
from chalicelib.billing.service import codes, following, gifts, purchases, reversals
from chalicelib.billing.service.following import Cause, Link
from chalicelib.billing.service.reversals import PaymentUnknown
from chalicelib.billing.service.subscriptions import NothingToFollow
from chalicelib.billing.settlements import PURCHASE
from chalicelib.billing.shapes import StripeObject, id_of
from chalicelib.integrations import stripe
from chalicelib.integrations.stripe import ObjectMissing
from chalicelib.kit import messages

Handler = Callable[[StripeObject, Cause], str | None]


class Again(Exception):
    """What the event builds on was missing and is on record now: the event is to be handled once more."""


def handle(event_type: str, shown: StripeObject, cause: Cause) -> str | None:
    """Let the event have its effect; `shown` is its object. Why it had none, else None. Raises Again."""
    handler = HANDLERS.get(event_type)
    if handler is None:
        return "not handled"
    try:
        return handler(shown, cause)
    except NothingToFollow as error:
        return str(error)
    except ObjectMissing:
        return "Stripe does not have it any more"
    except CustomerUnknown:
        return "the owner is not registered any more"


def _subscription_changed(shown: StripeObject, cause: Cause) -> str | None:
    following.follow_subscription(shown["id"], shown, cause)
    return None


def _trial_will_end(shown: StripeObject, cause: Cause) -> str | None:
    row = following.follow_subscription(shown["id"], shown, cause)
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


def _invoice_changed(shown: StripeObject, cause: Cause) -> str | None:
    following.follow_invoice(shown, cause)
    return None


def _checkout_paid(shown: StripeObject, cause: Cause) -> str | None:
    """What was bought, once it is paid; a subscription's own state says what it gives."""
    view = settlements.session(shown)
    if not view.is_paid:
        return "not paid yet"
    if view.mode == "subscription" and view.subscription_id:
        following.follow_checkout(view, cause)
        return None
    if view.intent_id is None:
        return "nothing was paid for"
    purchases.follow_intent(stripe.payment_intent(view.intent_id), cause)
    return None


def _checkout_lost(shown: StripeObject, _: Cause) -> str | None:
    """A checkout that nobody paid gives back what was reserved for it."""
    view = settlements.session(shown)
    metadata = view.metadata
    if metadata.get(PURCHASE) == PaymentKind.GIFT:
        gifts.abandon(metadata["item"])
    if codes.CODE in metadata:
        codes.release(metadata[codes.CODE], metadata[codes.REDEMPTION], view.id)
    return None


def _intent_changed(shown: StripeObject, cause: Cause) -> str | None:
    """A purchase's payment; of an invoice's, only that it succeeded: the invoice itself tells of failures."""
    view = settlements.intent(shown)
    if view.is_purchase:
        purchases.follow_intent(shown, cause)
        return None
    if not settlements.is_settled(shown):
        return "its invoice tells of it"
    invoice = stripe.invoice(view.invoice_id) if view.invoice_id else stripe.invoice_of_intent(view.id)
    if invoice is None:
        return "neither an invoice's nor a purchase of ours"
    following.follow_invoice(invoice, cause, Link(view.id, view.charge_id))
    return None


def _money_back(shown: StripeObject, cause: Cause) -> str | None:
    intent_id, charge_id = settlements.charge_of(shown)
    try:
        reversals.follow_refunds(intent_id, charge_id)
    except PaymentUnknown:
        return _make_known(shown, intent_id, charge_id, cause)
    return None


def _disputed(shown: StripeObject, cause: Cause) -> str | None:
    intent_id, charge_id = settlements.charge_of(shown)
    try:
        reversals.follow_disputes(intent_id, charge_id)
    except PaymentUnknown:
        return _make_known(shown, intent_id, charge_id, cause)
    return None


def _make_known(shown: StripeObject, intent_id: str | None, charge_id: str | None, cause: Cause) -> str | None:
    """The event came before the success of its payment: that is put on record first. Raises Again."""
    invoice = None
    if shown.get("invoice"):
        invoice = stripe.invoice(str(id_of(shown["invoice"])))
    elif intent_id:
        invoice = stripe.invoice_of_intent(intent_id)
    if invoice is not None:
        following.follow_invoice(invoice, cause, Link(intent_id, charge_id))
    elif intent_id:
        purchases.follow_intent(stripe.payment_intent(intent_id), cause)
    else:
        return "its payment is none of ours"
    raise Again


def _customer_updated(shown: StripeObject, _: Cause) -> str | None:
    """A customer of ours whose id got lost on the way here, as a crash may leave it, is known again."""
    owner = shown.get("metadata") or {}
    if "owner_type" not in owner or "owner_id" not in owner:
        return "not a customer of ours"
    row = customers.get(OwnerType(owner["owner_type"]), owner["owner_id"])
    if row.at_stripe is None and row.stripe_customer_id != shown["id"]:  # what Stripe has deleted stays so
        customers.link(row, shown["id"])
    return None


def _customer_deleted(shown: StripeObject, _: Cause) -> str | None:
    row = customers.find_by_stripe_id(shown["id"])
    if row is None:
        return "not a customer of ours"
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
