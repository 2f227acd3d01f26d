"""Subscriptions: following Stripe's state, and what an owner may use because of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.billing import access, catalogue, projection
from chalicelib.billing.enums import OwnerType, SubscriptionStatus
from chalicelib.billing.models import Subscription
from chalicelib.billing.projection import Decision, StripeObject, SubscriptionView
from chalicelib.billing.repository import customers, plans, subscriptions
from chalicelib.billing.repository.plans import PlanCycle
from chalicelib.billing.schemas.messages import SubscriptionChanged
from chalicelib.billing.service.retries import until_current
from chalicelib.integrations import stripe
from chalicelib.kit import clock, logs, messages

log = logs.logger("billing")

LIMITS = ("max_products", "max_orders_per_month", "max_storage_gb", "max_api_calls_per_month")


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What an owner may use. `plan_name` is None for a member without access; a store without is on the free plan."""

    has_access: bool
    plan_name: str | None
    access_until: datetime | None
    limits: Mapping[str, int]
    subscription: Subscription | None


class NothingToFollow(Exception):
    """The subscription cannot be kept: its customer or its price is none of ours. The text says which."""


def entitlement(owner_type: OwnerType, owner_id: str) -> Entitlement:
    """Whether an owner has access, by which plan, until when and within which limits; one read."""
    now = clock.now()
    row = access.governing(subscriptions.list_by_owner(owner_type, owner_id), now)
    if row is not None and access.has_access(row, now):
        return Entitlement(True, row.plan_name, access.access_until(row), limits_of(row), row)
    if owner_type is OwnerType.STORE:
        return Entitlement(True, catalogue.FREE, None, catalogue.PLANS[catalogue.FREE].limits, row)
    return Entitlement(False, None, None, {}, row)


def limits_of(row: Subscription) -> dict[str, int]:
    """The limits that the subscription sets."""
    return {name: getattr(row, name) for name in LIMITS if getattr(row, name) is not None}


def follow(subscription_id: str, shown: StripeObject | None = None, at: datetime | None = None) -> Subscription:
    """Bring our row to Stripe's state of the subscription, and tell the other contexts, also where it was so already:
    an attempt before may have died in between.

    `shown` and `at` are what an event carried and when it happened. Raises NothingToFollow for a subscription of
    nobody and nothing we know, ObjectMissing where Stripe does not have it.
    """
    row = until_current(lambda: _follow(subscription_id, shown, at))
    messages.publish(
        SubscriptionChanged(
            owner_type=row.owner_type,
            owner_id=row.owner_id,
            subscription_id=row.id,
            version=row.version,
            plan_name=row.plan_name,
            status=row.status,
            billing_cycle=row.billing_cycle,
            current_period_end=row.current_period_end,
            cancel_at_period_end=row.cancel_at_period_end,
            access_until=access.access_until(row),
            limits=limits_of(row),
        )
    )
    return row


def _follow(subscription_id: str, shown: StripeObject | None, at: datetime | None) -> Subscription:
    """One attempt. The row is read before Stripe is asked and written only if unchanged since, so that what is
    written is never older than what it replaces. Raises Outdated where another was faster."""
    row = subscriptions.find_by_stripe_id(subscription_id)
    final = shown is not None and projection.is_final(shown)
    decision = projection.decide(
        final, at or clock.now(), row.status if row else None, row.last_stripe_event_at if row else None
    )
    if decision is Decision.KEEP and row is not None:
        return row
    fetched = shown if decision is Decision.APPLY and shown else stripe.subscription(subscription_id)
    made = _project(projection.subscription(fetched), row, at)
    if row is None or _facts(made) != _facts(row):
        subscriptions.save(made)
    return made


def _project(view: SubscriptionView, row: Subscription | None, at: datetime | None) -> Subscription:
    """The row that the view makes of `row`."""
    made = _copy(row) if row else _new(view)
    found = plans.find_by_prices(item.price_id for item in view.items)
    bought = next((item for item in view.items if item.price_id in found), None)
    if bought is not None:
        _apply_plan(made, found[bought.price_id], bought)
    elif row is None:
        raise NothingToFollow(f"none of the prices of {view.id} is a plan's")
    else:
        log.warning("a subscription has no plan's price any more", extra={"subscription": view.id})
    period = bought or (view.items[0] if view.items else None)
    made.status = view.status
    made.stripe_customer_id = view.customer_id
    made.started_at = view.started_at
    made.trial_ends_at = view.trial_ends_at
    made.current_period_start = period.period_start if period else made.current_period_start
    made.current_period_end = period.period_end if period else made.current_period_end
    made.cancel_at_period_end = view.cancel_at_period_end
    made.cancelled_at = view.cancelled_at
    made.ended_at = view.ended_at
    made.past_due_since = _past_due_since(view, row)
    if at is not None:
        made.last_stripe_event_at = max(at, made.last_stripe_event_at or at)
    return made


def _new(view: SubscriptionView) -> Subscription:
    customer = customers.find_by_stripe_id(view.customer_id)
    if customer is None:
        raise NothingToFollow(f"the customer of {view.id} is not registered")
    return Subscription(
        id=subscriptions.id_of(view.id),
        owner=subscriptions.owner(customer.owner_type, customer.owner_id),
        owner_type=customer.owner_type,
        owner_id=customer.owner_id,
        stripe_subscription_id=view.id,
        created_at=view.created_at,
    )


def _copy(row: Subscription) -> Subscription:
    return Subscription(**_facts(row))


def _facts(row: Subscription) -> dict[str, Any]:
    return {name: value for name, value in row.attribute_values.items() if value is not None}


def _apply_plan(made: Subscription, plan_cycle: PlanCycle, bought: projection.Item) -> None:
    plan, cycle = plan_cycle
    made.plan_name, made.billing_cycle, made.currency = plan.id, cycle, bought.currency
    made.price_monthly = bought.amount if cycle == "monthly" else None
    made.price_annual = bought.amount if cycle == "annual" else None
    for name in LIMITS:
        setattr(made, name, (plan.limits or {}).get(name))


def _past_due_since(view: SubscriptionView, row: Subscription | None) -> datetime | None:
    """When the oldest invoice that is still unpaid became due: the same whichever event makes us ask."""
    if view.status is not SubscriptionStatus.PAST_DUE:
        return None
    unpaid = [projection.invoice(shown).finalized_at for shown in stripe.open_invoices(view.id)]
    since = min((moment for moment in unpaid if moment), default=None)
    return since or (row and row.past_due_since) or clock.now()
