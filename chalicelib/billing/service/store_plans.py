"""The stores' plans in the catalogue: their limits, and the plan to upgrade to."""

from __future__ import annotations

from chalicelib.billing.catalogue.plans import PLANS
from chalicelib.billing.enums import OwnerType


def store_plan_limits(plan_id: str) -> dict[str, int]:
    """Return the limits of a store's plan by name. Raises KeyError for an unknown plan."""
    return dict(PLANS[plan_id].limits)


def store_plan_above(limit_name: str, value: int) -> str | None:
    """Return the id of the first plan for stores whose limit is higher than `value`; None if there is none."""
    plans = (plan for plan in PLANS.values() if plan.audience is OwnerType.STORE)
    return next((plan.id for plan in plans if plan.limits.get(limit_name, 0) > value), None)
