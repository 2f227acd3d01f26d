"""Rows of the catalogue. A unique value ties each Stripe price to one plan."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from chalicelib.billing.catalogue.plans import ADDONS, CURRENCY, PLANS, Addon, Plan, product_id
from chalicelib.billing.enums import BillingCycle
from chalicelib.billing.models import SubscriptionAddon, SubscriptionPlan
from chalicelib.kit import clock, unique_values
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction, get_many


def list_all() -> list[SubscriptionPlan]:
    """Return the synced plans in the catalogue's order; one read."""
    return [row for row in get_many((SubscriptionPlan, (plan_id,)) for plan_id in PLANS) if row is not None]


def find(plan_id: str) -> SubscriptionPlan | None:
    """Return the plan's row, or None if it was not synced."""
    try:
        return SubscriptionPlan.get(plan_id)
    except SubscriptionPlan.DoesNotExist:
        return None


def put(plan: Plan, stripe_prices: Mapping[BillingCycle, str], stripe_product_id: str | None) -> SubscriptionPlan:
    """Write the catalogue's plan with its current Stripe prices, followed by its earlier ones.

    Raises Conflict if a Stripe price belongs to another plan or cycle.
    """
    now, before = clock.now(), find(plan.id)
    known: dict[str, list[str]] = dict(before.stripe_prices) if before else {}
    for cycle, price_id in stripe_prices.items():
        known[cycle] = [price_id, *(earlier for earlier in known.get(cycle, []) if earlier != price_id)]
    row = SubscriptionPlan(
        id=plan.id,
        name=plan.name,
        description=plan.description,
        audience=plan.audience,
        price_monthly=plan.prices.get(BillingCycle.MONTHLY, None if plan.prices else Decimal(0)),
        price_annual=plan.prices.get(BillingCycle.ANNUAL),
        billing_cycle=plan.billing_cycle,
        currency=CURRENCY,
        features=list(plan.features),
        limits=dict(plan.limits) or None,
        included_credits=plan.included_credits,
        trial_days=plan.trial_days,
        stripe_product_id=stripe_product_id,
        stripe_prices=known,
        sort_order=list(PLANS).index(plan.id),
        portal_configuration_id=before.portal_configuration_id if before else None,
        created_at=before.created_at if before else now,
        updated_at=now,
    )
    with Transaction() as transaction:
        transaction.put(row)
        for cycle, price_id in stripe_prices.items():
            taken = Conflict("This Stripe price belongs to another plan.")
            unique_values.claim(transaction, _price_value_key(price_id), f"{plan.id}/{cycle}", otherwise=taken)
    return row


def set_portal_configuration(plan_id: str, configuration_id: str) -> None:
    """Store the id of the Stripe portal configuration that offers the plans of this plan's audience."""
    SubscriptionPlan(plan_id).update(actions=[SubscriptionPlan.portal_configuration_id.set(configuration_id)])


def put_addon(addon: Addon, price_id: str) -> SubscriptionAddon:
    """Write the catalogue's add-on with its current Stripe price; keep the earlier price ids."""
    now, before = clock.now(), find_addon(addon.id)
    known = [before.stripe_price_id, *(before.earlier_price_ids or [])] if before else []
    row = SubscriptionAddon(
        id=addon.id,
        name=addon.name,
        description=addon.description,
        category=addon.category,
        price=addon.price,
        currency=CURRENCY,
        billing_cycle=addon.billing_cycle,
        stripe_product_id=product_id(addon.id),
        stripe_price_id=price_id,
        earlier_price_ids=[earlier for earlier in known if earlier and earlier != price_id] or None,
        created_at=before.created_at if before else now,
        updated_at=now,
    )
    row.save()
    return row


def list_addons() -> list[SubscriptionAddon]:
    """Return the synced add-ons in the catalogue's order; one read."""
    return [row for row in get_many((SubscriptionAddon, (addon_id,)) for addon_id in ADDONS) if row is not None]


def find_addon(addon_id: str) -> SubscriptionAddon | None:
    """Return the add-on's row, or None if it was not synced."""
    try:
        return SubscriptionAddon.get(addon_id)
    except SubscriptionAddon.DoesNotExist:
        return None


def _price_value_key(price_id: str) -> str:
    return unique_values.value_key("billing", "subscription_plans", "stripe_price", price_id)
