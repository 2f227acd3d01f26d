"""The sample catalogue of plans: prices, limits and lookup keys."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.billing.catalogue.plans import PLANS, lookup_key, product_id
from chalicelib.billing.enums import BillingCycle, OwnerType


def test_member_prices_match_the_documents() -> None:
    prices = {plan.id: dict(plan.prices) for plan in PLANS.values() if plan.audience is OwnerType.MEMBER}
    assert prices == {
        "try_it_out": {BillingCycle.MONTHLY: Decimal(30)},
        "better_together": {BillingCycle.ANNUAL: Decimal(240)},
        "premium_plus": {BillingCycle.ANNUAL: Decimal(289)},
    }


def test_stores_have_four_plans_with_all_limits() -> None:
    stores = [plan for plan in PLANS.values() if plan.audience is OwnerType.STORE]
    assert [plan.id for plan in stores] == ["free", "starter", "professional", "enterprise"]
    names = {"max_products", "max_orders_per_month", "max_storage_gb", "max_api_calls_per_month"}
    assert all(plan.limits.keys() == names for plan in stores)
    for name in names:
        values = [plan.limits[name] for plan in stores]
        assert values == sorted(values)


def test_each_offered_addon_is_for_sale() -> None:
    for plan in PLANS.values():
        assert not plan.prices or plan.billing_cycle in plan.prices


def test_lookup_keys_are_unique_and_ten_fit_one_call() -> None:
    keys = [lookup_key(plan.id, cycle) for plan in PLANS.values() for cycle in plan.prices]
    assert len(set(keys)) == len(keys) <= 10
    assert len({product_id(plan_id) for plan_id in PLANS}) == len(PLANS)
