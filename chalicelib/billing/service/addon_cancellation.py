"""Cancellation of add-ons: cancel at Stripe, then sync the subscription."""

from __future__ import annotations

from chalicelib.billing.enums import AddonStatus
from chalicelib.billing.errors import AddonNotCancelable
from chalicelib.billing.models import UserAddon
from chalicelib.billing.repository import addons
from chalicelib.billing.service.sync.subscription_fetch import fetch_whole
from chalicelib.billing.service.sync.subscriptions import sync_subscription
from chalicelib.integrations.stripe import subscriptions as stripe_subscriptions
from chalicelib.kit import ids


def cancel_addon(user_id: str, row_id: str, request_key: str | None) -> UserAddon:
    """Cancel a recurring add-on at Stripe and return its synced row.

    An add-on with its own subscription ends with the paid period. An add-on that is an item of a plan's subscription
    ends immediately, and its unused time is credited. If the item no longer exists, an earlier attempt removed it, and
    the plan's subscription stays unchanged.

    Raises AddonNotFound if the member has no such add-on, AddonNotCancelable if it is one-time or no longer active.
    """
    row = addons.get(user_id, row_id)
    if row.status is not AddonStatus.ACTIVE or not (row.stripe_subscription_id and row.stripe_subscription_item_id):
        raise AddonNotCancelable(
            f"This add-on is {row.status}." if row.stripe_subscription_id else "This add-on does not renew."
        )
    subscription = fetch_whole(row.stripe_subscription_id)
    items = [item.id for item in subscription.items]
    if items == [row.stripe_subscription_item_id]:
        stripe_subscriptions.cancel_at_period_end(row.stripe_subscription_id, f"cancel-{request_key or ids.new()}")
    elif row.stripe_subscription_item_id in items:
        stripe_subscriptions.delete_item(row.stripe_subscription_item_id)
    sync_subscription(row.stripe_subscription_id)
    return addons.get(user_id, row_id)
