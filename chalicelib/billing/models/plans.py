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

    `stripe_prices` maps each billing cycle to price ids, the current one first. `portal_configuration_id` is Stripe's
    portal configuration of the plan's audience, in the row of the audience's first plan only.
    """

    class Meta:
        table_name = tables.name("billing", "subscription_plans")

    id = UnicodeAttribute(personal=False, hash_key=True)
    name = UnicodeAttribute(personal=False)
    description = UnicodeAttribute(personal=False, null=True)
    audience = EnumAttribute(OwnerType, personal=False)
    price_monthly = DecimalAttribute(personal=False, null=True)
    price_annual = DecimalAttribute(personal=False, null=True)
    billing_cycle = EnumAttribute(BillingCycle, personal=False)
    currency = UnicodeAttribute(personal=False, default="USD")
    features = JsonAttribute(personal=False, null=True)
    limits = JsonAttribute(personal=False, null=True)
    included_credits = IntegerAttribute(personal=False, default=0)
    trial_days = IntegerAttribute(personal=False, default=0)
    stripe_product_id = UnicodeAttribute(personal=False, null=True)
    stripe_prices = JsonAttribute(personal=False, default=dict)
    is_active = BooleanAttribute(personal=False, default=True)
    sort_order = IntegerAttribute(personal=False, default=0)
    portal_configuration_id = UnicodeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)


class SubscriptionAddon(Table):
    """An add-on of the catalogue, recurring or sold once."""

    class Meta:
        table_name = tables.name("billing", "subscription_addons")

    id = UnicodeAttribute(personal=False, hash_key=True)
    name = UnicodeAttribute(personal=False)
    description = UnicodeAttribute(personal=False, null=True)
    category = EnumAttribute(AddonCategory, personal=False)
    price = DecimalAttribute(personal=False)
    currency = UnicodeAttribute(personal=False, default="USD")
    billing_cycle = EnumAttribute(AddonCycle, personal=False)
    stripe_product_id = UnicodeAttribute(personal=False, null=True)
    stripe_price_id = UnicodeAttribute(personal=False, null=True)
    earlier_price_ids = StringListAttribute(personal=False, null=True)
    is_active = BooleanAttribute(personal=False, default=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
