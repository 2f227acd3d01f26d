"""The plans' rows, and to which plan a Stripe price belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from chalicelib.billing.catalogue import CURRENCY, PLANS, Plan
from chalicelib.billing.enums import BillingCycle
from chalicelib.billing.models import SubscriptionPlan
from chalicelib.kit import clock, guards
from chalicelib.kit.errors import Conflict
from chalicelib.kit.models import Guard
from chalicelib.kit.tables import Transaction, get_many

PlanCycle = tuple[SubscriptionPlan, BillingCycle]


def list_all() -> list[SubscriptionPlan]:
    """The plans that were synced, in the catalogue's order; one read."""
    return [row for row in get_many((SubscriptionPlan, (plan_id,)) for plan_id in PLANS) if row is not None]


def find(plan_id: str) -> SubscriptionPlan | None:
    """The plan's row, if it was synced."""
    try:
        return SubscriptionPlan.get(plan_id)
    except SubscriptionPlan.DoesNotExist:
        return None


def put(plan: Plan, stripe_prices: Mapping[BillingCycle, str], stripe_product_id: str | None) -> SubscriptionPlan:
    """Write the catalogue's plan with its current prices at Stripe; earlier ones stay known, behind them."""
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
        created_at=before.created_at if before else now,
        updated_at=now,
    )
    with Transaction() as transaction:
        transaction.put(row)
        for cycle, price_id in stripe_prices.items():
            taken = Conflict("This Stripe price belongs to another plan.")
            guards.claim(transaction, _guard(price_id), f"{plan.id}/{cycle}", otherwise=taken)
    return row


def find_by_prices(price_ids: Iterable[str]) -> dict[str, PlanCycle]:
    """The plan and cycle that each price stands for, present or past; other prices are left out. Two reads."""
    wanted = list(dict.fromkeys(price_ids))
    held = get_many((Guard, (_guard(price_id),)) for price_id in wanted) if wanted else []
    owners = {price_id: row.owner.partition("/") for price_id, row in zip(wanted, held, strict=True) if row}
    plan_ids = list(dict.fromkeys(plan_id for plan_id, _, _ in owners.values()))
    rows = get_many((SubscriptionPlan, (plan_id,)) for plan_id in plan_ids) if plan_ids else []
    plans = {row.id: row for row in rows if row}
    return {
        price_id: (plans[plan_id], BillingCycle(cycle))
        for price_id, (plan_id, _, cycle) in owners.items()
        if plan_id in plans
    }


def _guard(price_id: str) -> str:
    return guards.guard("billing", "subscription_plans", "stripe_price", price_id)
