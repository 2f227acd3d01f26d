"""Plans: written from the catalogue, mirrored to Stripe by lookup key, and listed per audience."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from chalicelib.billing.catalogue.plans import ADDONS, CURRENCY, PLANS, Plan, lookup_key, product_id
from chalicelib.billing.domain import money
from chalicelib.billing.enums import AddonCycle, BillingCycle, OwnerType
from chalicelib.billing.errors import InvalidPlan
from chalicelib.billing.models import SubscriptionPlan
from chalicelib.billing.repository import plans
from chalicelib.billing.service import portal
from chalicelib.billing.stripe_objects.prices import StripePrice, parse_price
from chalicelib.integrations.stripe import products
from chalicelib.kit import logs

log = logs.logger("billing")

INTERVALS: Mapping[str, str | None] = {"monthly": "month", "annual": "year", "one_time": None}


def sync_plans() -> list[SubscriptionPlan]:
    """Write the catalogue's plans and add-ons, their products and prices at Stripe, and its customer portal. Idempotent.

    A changed price becomes a new Stripe price, to which the lookup key is transferred. Subscriptions to the earlier
    price continue and are still recognized.
    """
    keys = [lookup_key(plan.id, cycle) for plan in PLANS.values() for cycle in plan.prices]
    present = _prices(keys)
    synced = [_sync(plan, present) for plan in PLANS.values()]
    _sync_addons()
    portal.sync_portal(synced)
    return synced


def list_plans(audience: OwnerType) -> list[SubscriptionPlan]:
    """List the plans for sale to this type of owner, in catalogue order."""
    return [plan for plan in plans.list_all() if plan.audience is audience and plan.is_active]


def choose_plan(plan_id: str, cycle: BillingCycle | None, audience: OwnerType) -> tuple[SubscriptionPlan, str]:
    """Return a plan and the id of its current Stripe price in `cycle`, or in the plan's default cycle.

    Raises InvalidPlan if the plan is not for sale to this type of owner or in this cycle.
    """
    plan = plans.find(plan_id)
    if plan is None or plan.audience is not audience or not plan.is_active:
        raise InvalidPlan(errors=[{"path": "body.plan", "message": "no such plan for this account"}])
    prices = plan.stripe_prices.get(cycle or plan.billing_cycle)
    if not prices:
        raise InvalidPlan(errors=[{"path": "body.billing_cycle", "message": "not sold in this cycle"}])
    return plan, str(prices[0])


def _sync(plan: Plan, present: Mapping[str, StripePrice]) -> SubscriptionPlan:
    if not plan.prices:
        return plans.put(plan, {}, None)
    product = product_id(plan.id)
    products.put_product(product, plan.name, plan.description)
    current = {cycle: _price(plan.id, cycle, price, present) for cycle, price in plan.prices.items()}
    return plans.put(plan, current, product)


def _sync_addons() -> None:
    present = _prices([lookup_key(addon.id, addon.billing_cycle) for addon in ADDONS.values()])
    for addon in ADDONS.values():
        products.put_product(product_id(addon.id), addon.name, addon.description)
        price_id = _price(addon.id, addon.billing_cycle, addon.price, present)
        plans.put_addon(addon, price_id)


def _price(item_id: str, cycle: BillingCycle | AddonCycle, price: Decimal, present: Mapping[str, StripePrice]) -> str:
    key = lookup_key(item_id, cycle)
    product, amount = product_id(item_id), money.to_minor(price, CURRENCY)
    there = present.get(key)
    if there and (there.product_id, there.unit_amount, there.currency) == (product, amount, CURRENCY.lower()):
        return there.id
    request_key = f"price-{key}-{amount}-after-{there.id if there else 'none'}"
    created = parse_price(products.create_price(product, key, amount, CURRENCY, INTERVALS[cycle], request_key))
    log.info("price created at Stripe", extra={"item": item_id, "cycle": cycle, "price": created.id})
    return created.id


def _prices(keys: list[str]) -> dict[str, StripePrice]:
    """Fetch the active Stripe prices with these lookup keys, by lookup key."""
    return {key: parse_price(price) for key, price in products.list_prices_by_lookup_key(keys).items()}
