"""An owner who leaves: everything that Stripe would bill them for ends."""

from __future__ import annotations

from contextlib import suppress

from chalicelib.billing.enums import AddonStatus, OwnerType
from chalicelib.billing.errors import CustomerNotFound
from chalicelib.billing.repository import addons, customers, subscriptions
from chalicelib.billing.service.subscriptions import NotOurs
from chalicelib.billing.service.sync.subscriptions import sync_subscription
from chalicelib.integrations.stripe import checkout_sessions
from chalicelib.integrations.stripe import subscriptions as stripe_subscriptions
from chalicelib.integrations.stripe.errors import StripeObjectNotFound, StripeRefused


def leave(owner_type: OwnerType, owner_id: str) -> None:
    """End the owner's subscriptions at Stripe at once, also those of add-ons, and expire their open checkouts.

    Nothing is refunded. Asks Stripe which ones there are, so that a subscription whose event is still on its way ends, too.
    Idempotent: after a crash the same call continues. An owner who is not registered, or not at Stripe, has nothing to end.
    """
    try:
        customer = customers.get(owner_type, owner_id)
    except CustomerNotFound:
        return
    if customer.at_stripe is not None:
        with suppress(StripeObjectNotFound):  # the customer was deleted at Stripe, with their subscriptions
            _end_at_stripe(customer.at_stripe)
    for stripe_subscription_id in _running(owner_type, owner_id):
        _sync(stripe_subscription_id)


def _end_at_stripe(stripe_customer_id: str) -> None:
    for session in checkout_sessions.list_open_sessions(stripe_customer_id):
        with suppress(StripeRefused):  # it was paid or has expired since
            checkout_sessions.expire_checkout_session(str(session["id"]))
    for subscription in stripe_subscriptions.list_unended(stripe_customer_id):
        with suppress(StripeObjectNotFound):  # it has ended since
            stripe_subscriptions.cancel_now(str(subscription["id"]))
        _sync(str(subscription["id"]))


def _running(owner_type: OwnerType, owner_id: str) -> set[str]:
    """Return the Stripe ids of the subscriptions that still run in our rows; one of add-ons alone has only these."""
    plans = subscriptions.list_by_owner(owner_type, owner_id)
    held = addons.list_by_user(owner_id) if owner_type is OwnerType.MEMBER else []
    running = [row.stripe_subscription_id for row in plans if not row.status.is_final]
    running += [row.stripe_subscription_id for row in held if row.status is AddonStatus.ACTIVE]
    return {stripe_id for stripe_id in running if stripe_id}


def _sync(stripe_subscription_id: str) -> None:
    with suppress(NotOurs, StripeObjectNotFound):
        sync_subscription(stripe_subscription_id)
