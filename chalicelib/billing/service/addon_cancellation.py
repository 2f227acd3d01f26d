"""Ending add-ons: at Stripe, and here as Stripe then says."""

from __future__ import annotations

from chalicelib.billing.enums import AddonStatus
from chalicelib.billing.errors import AddonNotCancelable
from chalicelib.billing.models import UserAddon
from chalicelib.billing.repository import addons
from chalicelib.billing.service.sync.invoices import sync_subscription
from chalicelib.integrations import stripe, stripe_subscriptions
from chalicelib.kit import ids


def cancel_addon(user_id: str, row_id: str, request_key: str | None) -> UserAddon:
    """End a recurring add-on: its own subscription with the paid period, or its item in a plan's subscription at once,
    what is left of it credited. An item that is gone already was what an attempt before did: the plan stays.

    Raises AddonNotFound, also for another's; AddonNotCancellable for one that is sold once or over.
    """
    row = addons.get(user_id, row_id)
    if row.status is not AddonStatus.ACTIVE or not (row.stripe_subscription_id and row.stripe_subscription_item_id):
        raise AddonNotCancelable(f"It is {row.status}." if row.stripe_subscription_id else "It is not billed again.")
    shown = stripe.subscription(row.stripe_subscription_id)
    items = [item["id"] for item in shown["items"]["data"]]
    if items == [row.stripe_subscription_item_id]:
        stripe_subscriptions.cancel_at_period_end(row.stripe_subscription_id, f"cancel-{request_key or ids.new()}")
    elif row.stripe_subscription_item_id in items:
        stripe_subscriptions.delete_item(row.stripe_subscription_item_id)
    sync_subscription(row.stripe_subscription_id)
    return addons.get(user_id, row_id)
