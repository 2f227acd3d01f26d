"""What each of Stripe's events means to us. A handler gives None, or why the event has no effect here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.billing import projection
from chalicelib.billing.enums import PaymentStatus
from chalicelib.billing.errors import CustomerUnknown
from chalicelib.billing.projection import InvoiceView, StripeObject
from chalicelib.billing.service import ledger, payments, subscriptions
from chalicelib.billing.service.subscriptions import NothingToFollow
from chalicelib.integrations import stripe
from chalicelib.integrations.stripe import ObjectMissing

Handler = Callable[[StripeObject, datetime], str | None]


def handle(event_type: str, shown: StripeObject, at: datetime) -> str | None:
    """Let the event have its effect; `shown` is its object, `at` when it happened. Why it had none, else None."""
    handler = HANDLERS.get(event_type)
    if handler is None:
        return "not handled"
    try:
        return handler(shown, at)
    except NothingToFollow as error:
        return str(error)
    except ObjectMissing:
        return "Stripe does not have it any more"
    except CustomerUnknown:
        return "the owner is not registered any more"


def _subscription_changed(shown: StripeObject, at: datetime) -> str | None:
    subscriptions.follow(shown["id"], shown, at)
    return None


def _checkout_completed(shown: StripeObject, _: datetime) -> str | None:
    """A subscription that was bought; its own state says what it gives, so an unpaid session gives nothing."""
    if shown["mode"] != "subscription":
        return "not a subscription's checkout"
    if shown["payment_status"] not in ("paid", "no_payment_required"):
        return "not paid"
    subscriptions.follow(shown["subscription"])
    return None


def _invoice_changed(shown: StripeObject, _: datetime) -> str | None:
    """The subscription's state, the payment and the months of credits that it pays for, in this order."""
    view = _current_invoice(shown)
    if view.subscription_id is None:
        return "not a subscription's invoice"
    subscription = subscriptions.follow(view.subscription_id)
    payment = payments.record(view, subscription) if view.amount else None
    if view.status is PaymentStatus.COMPLETED:
        ledger.grant_for(view, payment, subscription.owner_type, subscription.owner_id)
    return None


def _current_invoice(shown: StripeObject) -> InvoiceView:
    """The invoice as it is now: as shown, where that is its last state and names the payment behind it."""
    view = projection.invoice(shown)
    if projection.is_final(shown) and (view.is_linked or not view.amount):
        return view
    return projection.invoice(stripe.invoice(view.id))


HANDLERS: Mapping[str, Handler] = {
    "customer.subscription.created": _subscription_changed,
    "customer.subscription.updated": _subscription_changed,
    "customer.subscription.deleted": _subscription_changed,
    "checkout.session.completed": _checkout_completed,
    "invoice.paid": _invoice_changed,
    "invoice.payment_succeeded": _invoice_changed,
    "invoice.payment_failed": _invoice_changed,
}
