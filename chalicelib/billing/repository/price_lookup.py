"""The catalogue by Stripe price: the plan or add-on of each current or earlier price."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.billing.catalogue.plans import ADDONS, PLANS
from chalicelib.billing.domain.monthly_grants import PlanPrice
from chalicelib.billing.enums import BillingCycle, OwnerType
from chalicelib.billing.models import SubscriptionAddon, SubscriptionPlan
from chalicelib.kit.tables import Table, get_many

KEYS: list[tuple[type[Table], tuple[str, ...]]] = [
    *((SubscriptionPlan, (plan_id,)) for plan_id in PLANS),
    *((SubscriptionAddon, (addon_id,)) for addon_id in ADDONS),
]
"""The keys of the whole catalogue. Its rows are few enough to read together with any other rows."""


@dataclass(frozen=True, slots=True)
class PriceLookup:
    """Plans and add-ons by Stripe price id."""

    plans: dict[str, tuple[SubscriptionPlan, BillingCycle]] = field(default_factory=dict)
    addons: dict[str, SubscriptionAddon] = field(default_factory=dict)

    def sold_to(self, audience: OwnerType) -> dict[str, PlanPrice]:
        """Return the plans for this type of owner, with their monthly credits, by Stripe price id."""
        own = {price: plan for price, (plan, _) in self.plans.items() if plan.audience is audience}
        return {price: PlanPrice(plan.id, plan.included_credits) for price, plan in own.items()}

    def credits_of(self, plan_name: str) -> int:
        """Return the credits that a month of the plan includes."""
        return next((plan.included_credits for plan, _ in self.plans.values() if plan.id == plan_name), 0)


def read() -> PriceLookup:
    """Read the catalogue; one read."""
    return of(get_many(KEYS))


def of(rows: list[Table | None]) -> PriceLookup:
    """Return the price lookup of the rows that were read by `KEYS`."""
    offers = PriceLookup()
    for row in rows:
        if isinstance(row, SubscriptionPlan):
            for cycle, price_ids in row.stripe_prices.items():
                offers.plans.update((price_id, (row, BillingCycle(cycle))) for price_id in price_ids)
        elif isinstance(row, SubscriptionAddon):
            for price_id in (row.stripe_price_id, *(row.earlier_price_ids or [])):
                if price_id:
                    offers.addons[price_id] = row
    return offers
