"""Tables of billing, as documented; money is exact decimals in the currency's main unit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.billing.enums import (
    AddonCategory,
    AddonCycle,
    AddonStatus,
    BillingCycle,
    DiscountDuration,
    DiscountType,
    EntryType,
    GiftStatus,
    OwnerType,
    PaymentKind,
    PaymentMethod,
    PaymentStatus,
    RedemptionStatus,
    RefundStatus,
    SubscriptionStatus,
    WebhookStatus,
)
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class Customer(Table):
    """An owner whom a context above registered. The guard on `stripe_customer_id` leads back here."""

    class Meta:
        table_name = tables.name("billing", "customers")

    owner_type = EnumAttribute(OwnerType, hash_key=True)
    owner_id = UnicodeAttribute(range_key=True)
    relationship_id = UnicodeAttribute(null=True)
    email = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    timezone = UnicodeAttribute(default="UTC")
    stripe_customer_id = UnicodeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class CreditBalance(Table):
    """The head of one ledger: what a spend's condition looks at. `lots` are `{lot_id, remaining, expires_at}`."""

    class Meta:
        table_name = tables.name("billing", "credit_balances")

    relationship_id = UnicodeAttribute(hash_key=True)
    balance = IntegerAttribute(default=0)
    suspended = IntegerAttribute(default=0)
    shortfall = IntegerAttribute(default=0)
    lots = JsonAttribute(default=list)
    version = IntegerAttribute(default=0)
    updated_at = DateTimeAttribute()


class Gift(Table):
    """A subscription that one member buys for another, who may not exist yet."""

    class Meta:
        table_name = tables.name("billing", "gifts")

    code = UnicodeAttribute(hash_key=True)
    buyer_id = UnicodeAttribute()
    recipient_email = UnicodeAttribute()
    recipient_id = UnicodeAttribute(null=True)
    plan_name = UnicodeAttribute()
    message = UnicodeAttribute(null=True)
    status = EnumAttribute(GiftStatus)
    payment_transaction_id = UnicodeAttribute(null=True)
    subscription_id = UnicodeAttribute(null=True)
    expires_at = DateTimeAttribute()
    redeemed_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class SubscriptionPlan(Table):
    """A plan of the catalogue. `stripe_prices` is billing cycle to price ids, the current one first."""

    class Meta:
        table_name = tables.name("billing", "subscription_plans")

    id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    audience = EnumAttribute(OwnerType)
    price_monthly = DecimalAttribute(null=True)
    price_annual = DecimalAttribute(null=True)
    billing_cycle = EnumAttribute(BillingCycle)
    currency = UnicodeAttribute(default="USD")
    features = JsonAttribute(null=True)
    limits = JsonAttribute(null=True)
    included_credits = IntegerAttribute(default=0)
    trial_days = IntegerAttribute(default=0)
    stripe_product_id = UnicodeAttribute(null=True)
    stripe_prices = JsonAttribute(default=dict)
    is_active = BooleanAttribute(default=True)
    sort_order = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class SubscriptionsOfOwner(GlobalSecondaryIndex["Subscription"]):
    """An owner's subscriptions, by status."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    status = EnumAttribute(SubscriptionStatus, range_key=True)


class Subscription(Table):
    """What Stripe knows of a subscription, and what it costs and allows here.

    The id of one that is Stripe's is derived from Stripe's id: unique, and found with one read. `owner` is the
    index's key, `version` rises with every change.
    """

    class Meta:
        table_name = tables.name("billing", "subscriptions")

    by_owner = SubscriptionsOfOwner()

    id = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute()
    owner_type = EnumAttribute(OwnerType)
    owner_id = UnicodeAttribute()
    plan_name = UnicodeAttribute()
    status = EnumAttribute(SubscriptionStatus)
    price_monthly = DecimalAttribute(null=True)
    price_annual = DecimalAttribute(null=True)
    billing_cycle = EnumAttribute(BillingCycle)
    currency = UnicodeAttribute(default="USD")
    max_products = IntegerAttribute(null=True)
    max_orders_per_month = IntegerAttribute(null=True)
    max_storage_gb = IntegerAttribute(null=True)
    max_api_calls_per_month = IntegerAttribute(null=True)
    stripe_customer_id = UnicodeAttribute(null=True)
    stripe_subscription_id = UnicodeAttribute(null=True)
    is_gift = BooleanAttribute(default=False)
    gifted_by = UnicodeAttribute(null=True)
    gift_message = UnicodeAttribute(null=True)
    started_at = DateTimeAttribute()
    trial_ends_at = DateTimeAttribute(null=True)
    current_period_start = DateTimeAttribute(null=True)
    current_period_end = DateTimeAttribute(null=True)
    cancel_at_period_end = BooleanAttribute(default=False)
    cancelled_at = DateTimeAttribute(null=True)
    ended_at = DateTimeAttribute(null=True)
    past_due_since = DateTimeAttribute(null=True)
    last_stripe_event_at = DateTimeAttribute(null=True)
    version = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class PaymentTransaction(Table):
    """One payment, whichever of its Stripe ids it arrived under; a guard on each of them leads here."""

    class Meta:
        table_name = tables.name("billing", "payment_transactions")

    KEEP: ClassVar = timedelta(days=7 * 365 + 2)

    id = UnicodeAttribute(hash_key=True)
    owner_type = EnumAttribute(OwnerType)
    owner_id = UnicodeAttribute()
    subscription_id = UnicodeAttribute(null=True)
    kind = EnumAttribute(PaymentKind)
    amount = DecimalAttribute()
    currency = UnicodeAttribute(default="USD")
    status = EnumAttribute(PaymentStatus)
    payment_method = EnumAttribute(PaymentMethod, default=PaymentMethod.STRIPE)
    payment_provider_id = UnicodeAttribute(null=True)
    stripe_invoice_id = UnicodeAttribute(null=True)
    stripe_payment_intent_id = UnicodeAttribute(null=True)
    stripe_charge_id = UnicodeAttribute(null=True)
    refunded_amount = DecimalAttribute(default=Decimal)
    disputed_at = DateTimeAttribute(null=True)
    description = UnicodeAttribute(null=True)
    invoice_url = UnicodeAttribute(null=True)
    failure_reason = UnicodeAttribute(null=True)
    processed_at = DateTimeAttribute(null=True)
    version = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()


class CreditEntry(Table):
    """One change of a balance; rows are only ever added."""

    class Meta:
        table_name = tables.name("billing", "ai_credits")

    relationship_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    entry_type = EnumAttribute(EntryType)
    amount = IntegerAttribute()
    balance_after = IntegerAttribute()
    reason = UnicodeAttribute(null=True)
    source_key = UnicodeAttribute()
    lot_id = UnicodeAttribute(null=True)
    payment_transaction_id = UnicodeAttribute(null=True)
    expires_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()


class SubscriptionAddon(Table):
    """An add-on of the catalogue, recurring or sold once."""

    class Meta:
        table_name = tables.name("billing", "subscription_addons")

    id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    category = EnumAttribute(AddonCategory)
    price = DecimalAttribute()
    currency = UnicodeAttribute(default="USD")
    billing_cycle = EnumAttribute(AddonCycle)
    stripe_product_id = UnicodeAttribute(null=True)
    stripe_price_id = UnicodeAttribute(null=True)
    is_active = BooleanAttribute(default=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class UserAddon(Table):
    """An add-on that a member has."""

    class Meta:
        table_name = tables.name("billing", "user_addons")

    user_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    payment_transaction_id = UnicodeAttribute(null=True)
    addon_id = UnicodeAttribute()
    status = EnumAttribute(AddonStatus)
    stripe_subscription_item_id = UnicodeAttribute(null=True)
    purchased_at = DateTimeAttribute()
    expires_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class DiscountCode(Table):
    """A code that makes something cheaper; kept upper-case."""

    class Meta:
        table_name = tables.name("billing", "discount_codes")

    code = UnicodeAttribute(hash_key=True)
    description = UnicodeAttribute(null=True)
    discount_type = EnumAttribute(DiscountType)
    value = DecimalAttribute()
    currency = UnicodeAttribute(null=True)
    max_uses = IntegerAttribute(null=True)
    times_used = IntegerAttribute(default=0)
    max_uses_per_user = IntegerAttribute(default=1)
    applies_to = StringListAttribute(null=True)
    valid_from = DateTimeAttribute(null=True)
    expires_at = DateTimeAttribute(null=True)
    stripe_coupon_id = UnicodeAttribute(null=True)
    stripe_promotion_code_id = UnicodeAttribute(null=True)
    duration = EnumAttribute(DiscountDuration, default=DiscountDuration.ONCE)
    duration_months = IntegerAttribute(null=True)
    is_active = BooleanAttribute(default=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class DiscountUsage(Table):
    """One use of a code: `redemption` is `user_id#n`, so the key itself holds the limit per user."""

    class Meta:
        table_name = tables.name("billing", "discount_usage")

    code = UnicodeAttribute(hash_key=True)
    redemption = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()
    owner_type = EnumAttribute(OwnerType, default=OwnerType.MEMBER)
    status = EnumAttribute(RedemptionStatus)
    checkout_session_id = UnicodeAttribute(null=True)
    reserved_until = DateTimeAttribute(null=True)
    subscription_id = UnicodeAttribute(null=True)
    payment_transaction_id = UnicodeAttribute(null=True)
    discount_amount = DecimalAttribute(null=True)
    used_at = DateTimeAttribute(null=True)


class Refund(Table):
    """Money that goes back, from the request to Stripe's answer."""

    class Meta:
        table_name = tables.name("billing", "refunds")

    id = UnicodeAttribute(hash_key=True)
    payment_transaction_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    owner_type = EnumAttribute(OwnerType, default=OwnerType.MEMBER)
    amount = DecimalAttribute()
    currency = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    status = EnumAttribute(RefundStatus)
    stripe_refund_id = UnicodeAttribute(null=True)
    requested_at = DateTimeAttribute()
    processed_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()


class StripeWebhook(Table):
    """One event of Stripe's as it came, and what became of it; goes 90 days after it was processed."""

    class Meta:
        table_name = tables.name("billing", "stripe_webhooks")

    KEEP: ClassVar = timedelta(days=90)

    stripe_event_id = UnicodeAttribute(hash_key=True)
    event_type = UnicodeAttribute()
    api_version = UnicodeAttribute(null=True)
    livemode = BooleanAttribute()
    payload = JsonAttribute(null=True)
    payload_ref = UnicodeAttribute(null=True)
    status = EnumAttribute(WebhookStatus)
    attempts = IntegerAttribute(default=0)
    error_message = UnicodeAttribute(null=True)
    stripe_created_at = DateTimeAttribute()
    received_at = DateTimeAttribute()
    processed_at = DateTimeAttribute(null=True)
    expires_epoch = ExpiryAttribute(null=True)
