"""The plans, add-ons and credit packs for sale. Prices without a documented source come from the sample catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.billing.catalogue import sample
from chalicelib.billing.enums import AddonCategory, AddonCycle, BillingCycle, OwnerType

CURRENCY = "USD"
FREE = "free"
"""The plan of a store without a paid plan."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan and its prices per cycle. A plan with empty `prices` is free and not sold; `limits` apply to stores."""

    id: str
    name: str
    description: str
    audience: OwnerType
    billing_cycle: BillingCycle
    """The default cycle, used if the buyer chooses none."""
    prices: Mapping[BillingCycle, Decimal]
    features: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    included_credits: int = 0
    """Credits granted for each paid month."""
    trial_days: int = 0


@dataclass(frozen=True, slots=True)
class Addon:
    """An add-on that members can buy in addition to a plan."""

    id: str
    name: str
    description: str
    category: AddonCategory
    billing_cycle: AddonCycle
    price: Decimal


@dataclass(frozen=True, slots=True)
class CreditPack:
    """A number of credits sold at one price."""

    id: str
    credits: int
    price: Decimal


def lookup_key(plan_id: str, cycle: BillingCycle | AddonCycle) -> str:
    """Return the lookup key of the Stripe price of a plan or add-on; it is the same in every Stripe account."""
    return f"backroom_{plan_id}_{cycle}"


def product_id(plan_id: str) -> str:
    """Return the id of the Stripe product of a plan or add-on."""
    return f"backroom_{plan_id}"


def _for_members(plan_id: str, name: str, description: str, cycle: BillingCycle, price: str, *features: str) -> Plan:
    per_month = sample.CREDITS_PER_MONTH[plan_id]
    prices = {cycle: Decimal(price)}
    return Plan(plan_id, name, description, OwnerType.MEMBER, cycle, prices, features, included_credits=per_month)


def _for_stores(plan_id: str, name: str, description: str) -> Plan:
    prices = {BillingCycle(cycle): price for cycle, price in sample.STORE_PRICES.get(plan_id, {}).items()}
    return Plan(
        plan_id,
        name,
        description,
        OwnerType.STORE,
        BillingCycle.MONTHLY,
        prices,
        limits=sample.STORE_LIMITS[plan_id],
        trial_days=sample.TRIAL_DAYS.get(plan_id, 0),
    )


PLANS: Mapping[str, Plan] = {
    plan.id: plan
    for plan in (
        _for_members("try_it_out", "Try It Out", "Month by month, per person.", BillingCycle.MONTHLY, "30.00"),
        _for_members("better_together", "Better Together", "A year, per person.", BillingCycle.ANNUAL, "240.00"),
        _for_members(
            "premium_plus", "Premium Plus", "A year with a surprise box.", BillingCycle.ANNUAL, "289.00", "surprise_box"
        ),
        _for_stores(FREE, "Free", "To look around."),
        _for_stores("starter", "Starter", "For a first store."),
        _for_stores("professional", "Professional", "For a store that sells every day."),
        _for_stores("enterprise", "Enterprise", "For a business of stores."),
    )
}
"""Plans by id, in display order. Source of the members' plans and prices: product.md's pinned definitions."""

_ADDON_PRICES = sample.ADDON_PRICES

ADDONS: Mapping[str, Addon] = {
    addon.id: addon
    for addon in (
        Addon(
            "surprise_box",
            "Surprise Box",
            "A box a month.",
            AddonCategory.SURPRISE_BOX,
            AddonCycle.MONTHLY,
            Decimal("49.00"),
        ),
        Addon(
            "coaching_session",
            "Coaching Session",
            "An hour with a coach.",
            AddonCategory.COACHING,
            AddonCycle.ONE_TIME,
            _ADDON_PRICES["coaching_session"],
        ),
        Addon(
            "premium_features",
            "Premium Features",
            "Everything unlocked.",
            AddonCategory.PREMIUM_FEATURE,
            AddonCycle.MONTHLY,
            _ADDON_PRICES["premium_features"],
        ),
        Addon(
            "calendar_plus",
            "Calendar Plus",
            "Shared calendars.",
            AddonCategory.CALENDAR,
            AddonCycle.MONTHLY,
            _ADDON_PRICES["calendar_plus"],
        ),
    )
}
"""Add-ons by id, in display order.

Source of the surprise box's price: product.md's pinned definitions. The other prices come from the sample catalogue.
"""

CREDIT_PACKS: Mapping[str, CreditPack] = {
    pack_id: CreditPack(pack_id, count, price) for pack_id, (count, price) in sample.CREDIT_PACKS.items()
}
