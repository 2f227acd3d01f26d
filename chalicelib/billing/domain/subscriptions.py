"""Subscriptions: columns derived from Stripe's state. `access` has the rules of access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.billing.domain.access import LIMITS, SubscriptionState
from chalicelib.billing.enums import BillingCycle, SubscriptionStatus
from chalicelib.billing.stripe_objects.discounts import terms_of
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription, StripeSubscriptionItem

Columns = Mapping[str, Any]
"""Columns of a row with their new values."""

_CYCLES = {"month": BillingCycle.MONTHLY, "year": BillingCycle.ANNUAL}


class SyncedState(SubscriptionState, Protocol):
    """The fields of a stored subscription that a sync reads."""

    @property
    def current_period_start(self) -> datetime | None: ...
    @property
    def last_stripe_event_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """The plan of a subscription's price. `is_for_owner` says whether the plan is sold to the owner's audience."""

    plan_name: str
    billing_cycle: BillingCycle
    limits: Mapping[str, int]
    is_for_owner: bool


@dataclass(frozen=True, slots=True)
class SyncContext:
    """When a sync happens: `at` is the event's creation, None without an event.

    `unpaid_since` is when the oldest unpaid invoice became due.
    """

    at: datetime | None
    unpaid_since: datetime | None
    now: datetime


def subscription_columns(
    subscription: StripeSubscription,
    item: StripeSubscriptionItem | None,
    plan: PlanTerms | None,
    before: SyncedState,
    context: SyncContext,
) -> Columns:
    """Return the columns that Stripe's state changes. `item` is the subscription's item of a known plan, `plan` its terms.

    Without a plan of the owner's audience the subscription gives no access and no limits.
    """
    priced = item or next(iter(subscription.items), None)
    starts_at = priced.period_start if priced else before.current_period_start
    is_new_period = starts_at != before.current_period_start
    is_free = subscription.status is SubscriptionStatus.TRIALING or subscription.pause_collection is not None
    return {
        **_plan_columns(plan),
        **(_price_columns(priced, plan) if priced else {}),
        "status": subscription.status,
        "stripe_customer_id": subscription.customer_id,
        "started_at": subscription.started_at,
        "trial_ends_at": _trial_ends_at(subscription),
        # A trial or a paused period needs no payment; the payment of any other period clears `refunded_at`.
        "refunded_at": None if is_new_period and is_free else before.refunded_at,
        "current_period_start": starts_at,
        "current_period_end": priced.period_end if priced else before.current_period_end,
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "cancel_at": subscription.cancel_at,
        "pause_collection": subscription.pause_collection,
        "discounts": [terms_of(discount) for discount in subscription.discounts] or None,
        "cancelled_at": subscription.cancelled_at,
        "ended_at": subscription.ended_at,
        "past_due_since": _past_due_since(subscription, before, context),
        "last_stripe_event_at": max(filter(None, (context.at, before.last_stripe_event_at)), default=None),
    }


def _plan_columns(plan: PlanTerms | None) -> Columns:
    """Return the columns of the plan; without a plan, the name of the last known plan is kept."""
    limits = plan.limits if plan and plan.is_for_owner else {}
    return {
        **({"plan_name": plan.plan_name, "billing_cycle": plan.billing_cycle} if plan else {}),
        "is_without_plan": plan is None or not plan.is_for_owner,
        **{name: limits.get(name) for name in LIMITS},
    }


def _price_columns(item: StripeSubscriptionItem, plan: PlanTerms | None) -> Columns:
    """Return the columns of the item's price as Stripe reports them, with or without a plan."""
    cycle = plan.billing_cycle if plan else _CYCLES.get(item.interval or "")
    return {
        **({"billing_cycle": cycle} if cycle else {}),
        "currency": item.currency,
        "quantity": None if item.is_metered else item.quantity,
        "interval_count": item.interval_count,
        "price_monthly": item.amount if cycle is BillingCycle.MONTHLY else None,
        "price_annual": item.amount if cycle is BillingCycle.ANNUAL else None,
    }


def _trial_ends_at(subscription: StripeSubscription) -> datetime | None:
    """Return the end of the trial, no later than the end or the planned end of the subscription."""
    ends = (subscription.trial_ends_at, subscription.ended_at, subscription.cancel_at)
    return min(end for end in ends if end) if subscription.trial_ends_at else None


def _past_due_since(
    subscription: StripeSubscription, before: SubscriptionState, context: SyncContext
) -> datetime | None:
    """Return when the oldest unpaid invoice became due, whichever event causes the sync."""
    since = context.unpaid_since or before.past_due_since or context.now
    return since if subscription.status is SubscriptionStatus.PAST_DUE else None
