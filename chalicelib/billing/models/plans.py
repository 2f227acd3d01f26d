"""The synced catalogue: plans and add-ons."""

from __future__ import annotations

from chalicelib.billing.enums import AddonCategory, AddonCycle, BillingCycle, OwnerType
from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    IntegerAttribute,
    JsonAttribute,
    StringListAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class SubscriptionPlan(Table):
    """A plan of the catalogue.

    `stripe_prices` maps each billing cycle to price ids, the current one first.
    """

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
    earlier_price_ids = StringListAttribute(null=True)
    is_active = BooleanAttribute(default=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()
