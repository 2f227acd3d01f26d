"""Subscriptions, gifts and add-ons of owners."""

from __future__ import annotations

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.billing.enums import AddonStatus, BillingCycle, GiftStatus, OwnerType, SubscriptionStatus
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class SubscriptionsByOwner(GlobalSecondaryIndex["Subscription"]):
    """An owner's subscriptions by status."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(personal=True, hash_key=True)
    status = EnumAttribute(SubscriptionStatus, personal=False, range_key=True)


class SubscriptionsByDueMonth(GlobalSecondaryIndex["Subscription"]):
    """Subscriptions by the month (UTC) in which they renew or their trial ends; without ended ones."""

    class Meta:
        index_name = "by_renewal"
        projection = AllProjection()

    renews_in = UnicodeAttribute(personal=False, hash_key=True)
    current_period_end = DateTimeAttribute(personal=False, range_key=True)


class SubscriptionsByPastDue(GlobalSecondaryIndex["Subscription"]):
    """Past-due subscriptions by `past_due_since`. Sparse: other subscriptions lack the column."""

    class Meta:
        index_name = "by_past_due"
        projection = AllProjection()

    status = EnumAttribute(SubscriptionStatus, personal=False, hash_key=True)
    past_due_since = DateTimeAttribute(personal=False, range_key=True)


class Subscription(Table):
    """A subscription: its state at Stripe, its price and its limits.

    The id of a Stripe subscription's row is derived from the Stripe id, so it is unique and one read finds it. `owner`
    is the index's hash key. `renews_in` is the month (`YYYY-MM`) of the period's end, until the subscription has ended.
    `refunded_at` is when the money that paid for the access was returned in full. `version` increases with every change.
    `is_without_plan` is true if its price belongs to no plan of its owner's audience. It then gives no access, and
    `plan_name` is the last known plan. `quantity` and `interval_count` are those of the plan's item. `cancel_at` is the
    planned end, `pause_collection` the behavior of a paused collection. `discounts` are the terms of its discounts, at
    most 20 (Stripe's limit): invoices name them by id only.
    """

    class Meta:
        table_name = tables.name("billing", "subscriptions")

    by_owner = SubscriptionsByOwner()
    by_renewal = SubscriptionsByDueMonth()
    by_past_due = SubscriptionsByPastDue()

    id = UnicodeAttribute(personal=False, hash_key=True)
    owner = UnicodeAttribute(personal=True)
    owner_type = EnumAttribute(OwnerType, personal=False)
    owner_id = UnicodeAttribute(personal=True)
    plan_name = UnicodeAttribute(personal=False)
    status = EnumAttribute(SubscriptionStatus, personal=False)
    price_monthly = DecimalAttribute(personal=False, null=True)
    price_annual = DecimalAttribute(personal=False, null=True)
    billing_cycle = EnumAttribute(BillingCycle, personal=False)
    currency = UnicodeAttribute(personal=False, default="USD")
    max_products = IntegerAttribute(personal=False, null=True)
    max_orders_per_month = IntegerAttribute(personal=False, null=True)
    max_storage_gb = IntegerAttribute(personal=False, null=True)
    max_api_calls_per_month = IntegerAttribute(personal=False, null=True)
    stripe_customer_id = UnicodeAttribute(personal=True, null=True)
    stripe_subscription_id = UnicodeAttribute(personal=True, null=True)
    is_without_plan = BooleanAttribute(personal=False, default=False)
    is_gift = BooleanAttribute(personal=False, default=False)
    gifted_by = UnicodeAttribute(personal=True, null=True)
    gift_message = UnicodeAttribute(personal=True, null=True)
    started_at = DateTimeAttribute(personal=False)
    trial_ends_at = DateTimeAttribute(personal=False, null=True)
    current_period_start = DateTimeAttribute(personal=False, null=True)
    current_period_end = DateTimeAttribute(personal=False, null=True)
    renews_in = UnicodeAttribute(personal=False, null=True)
    cancel_at_period_end = BooleanAttribute(personal=False, default=False)
    cancelled_at = DateTimeAttribute(personal=False, null=True)
    ended_at = DateTimeAttribute(personal=False, null=True)
    past_due_since = DateTimeAttribute(personal=False, null=True)
    refunded_at = DateTimeAttribute(personal=False, null=True)
    last_stripe_event_at = DateTimeAttribute(personal=False, null=True)
    quantity = IntegerAttribute(personal=False, null=True)
    interval_count = IntegerAttribute(personal=False, null=True)
    cancel_at = DateTimeAttribute(personal=False, null=True)
    pause_collection = UnicodeAttribute(personal=False, null=True)
    discounts = JsonAttribute(personal=False, null=True)
    reminded_until = DateTimeAttribute(personal=False, null=True)
    """Dunning notices due up to this time were sent."""
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class GiftsByBuyer(GlobalSecondaryIndex["Gift"]):
    """Gifts that a member bought."""

    class Meta:
        index_name = "by_buyer"
        projection = AllProjection()

    buyer_id = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GiftsByRecipient(GlobalSecondaryIndex["Gift"]):
    """Gifts for an e-mail address."""

    class Meta:
        index_name = "by_recipient"
        projection = AllProjection()

    recipient_email = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GiftsByStatus(GlobalSecondaryIndex["Gift"]):
    """Gifts of one status by expiry."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    status = EnumAttribute(GiftStatus, personal=False, hash_key=True)
    expires_at = DateTimeAttribute(personal=False, range_key=True)


class Gift(Table):
    """A subscription that a member buys for another person, who may not have an account yet.

    `relationship_id` is the recipient's ledger, in which the gift's months of credits are granted.
    """

    class Meta:
        table_name = tables.name("billing", "gifts")

    by_buyer = GiftsByBuyer()
    by_recipient = GiftsByRecipient()
    by_status = GiftsByStatus()

    code = UnicodeAttribute(personal=False, hash_key=True)
    buyer_id = UnicodeAttribute(personal=True)
    recipient_email = UnicodeAttribute(personal=True)
    recipient_id = UnicodeAttribute(personal=True, null=True)
    relationship_id = UnicodeAttribute(personal=True, null=True)
    plan_name = UnicodeAttribute(personal=False)
    message = UnicodeAttribute(personal=True, null=True)
    status = EnumAttribute(GiftStatus, personal=False)
    payment_transaction_id = UnicodeAttribute(personal=False, null=True)
    subscription_id = UnicodeAttribute(personal=False, null=True)
    expires_at = DateTimeAttribute(personal=False)
    redeemed_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class UserAddonsByAddon(GlobalSecondaryIndex["UserAddon"]):
    """The members who have an add-on."""

    class Meta:
        index_name = "by_addon"
        projection = AllProjection()

    addon_id = UnicodeAttribute(personal=False, hash_key=True)
    purchased_at = DateTimeAttribute(personal=False, range_key=True)


class UserAddon(Table):
    """An add-on that a member has.

    A recurring add-on is an item of a subscription; its id is derived from the item's id. `refunded_until` is the end
    of a period whose payment was returned in full. Until then the add-on gives no entitlement. `consumed_by` is the
    request key by which another context consumed a one-time add-on.
    """

    class Meta:
        table_name = tables.name("billing", "user_addons")

    by_addon = UserAddonsByAddon()

    user_id = UnicodeAttribute(personal=True, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)
    payment_transaction_id = UnicodeAttribute(personal=False, null=True)
    addon_id = UnicodeAttribute(personal=False)
    status = EnumAttribute(AddonStatus, personal=False)
    stripe_subscription_id = UnicodeAttribute(personal=True, null=True)
    stripe_subscription_item_id = UnicodeAttribute(personal=True, null=True)
    purchased_at = DateTimeAttribute(personal=False)
    expires_at = DateTimeAttribute(personal=False, null=True)
    refunded_until = DateTimeAttribute(personal=False, null=True)
    consumed_by = UnicodeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
