"""Demo data: what a newcomer finds in a fresh local stack."""

from __future__ import annotations

from infra.local.environment import Plan

SHOP = "backroom-demo.myshopify.com"


def seed(plan: Plan) -> None:
    """The plan catalogue, and a shop with the app installed; only over the sandboxes, and only what is missing."""
    if not (plan.sandbox_shopify and plan.sandbox_stripe):
        return
    from chalicelib.billing.models import SubscriptionPlan
    from chalicelib.billing.service import sync_plans
    from chalicelib.shops.models import Shop
    from infra.demo.install import install
    from infra.demo.world import World

    if SubscriptionPlan.count(hash_key="better_together") == 0:
        sync_plans()
    if Shop.count(SHOP) == 0:
        with World(plan) as world:
            install(world, SHOP)
