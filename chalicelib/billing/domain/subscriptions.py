"""Subscriptions: columns derived from Stripe's state, and the access that they give to a member or store.

- A `trialing` or `active` subscription (also with `cancel_at_period_end`) gives access until one day after its period.
  The extra day covers Stripe's renewal.
- A `past_due` subscription gives access for 7 days from `past_due_since`.
- Access ends at `ended_at`, and at a full refund or lost dispute of the period's payment (`refunded_at`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from chalicelib.billing.enums import BillingCycle, SubscriptionStatus
from chalicelib.billing.stripe_objects.discounts import terms_of
from chalicelib.billing.stripe_objects.subscriptions import StripeSubscription, StripeSubscriptionItem

RENEWAL_GRACE = timedelta(days=1)
DUNNING_GRACE = timedelta(days=7)
LIMITS = ("max_products", "max_orders_per_month", "max_storage_gb", "max_api_calls_per_month")

Columns = Mapping[str, Any]
"""Columns of a row with their new values."""


class SubscriptionState(Protocol):
    """The fields of a subscription that the access rule reads."""

    @property
    def status(self) -> SubscriptionStatus: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def current_period_end(self) -> datetime | None: ...
    @property
    def past_due_since(self) -> datetime | None: ...
    @property
    def refunded_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


S = TypeVar("S", bound=SubscriptionState)


class SyncedState(SubscriptionState, Protocol):
    """The fields of a stored subscription that a sync reads."""

    @property
    def current_period_start(self) -> datetime | None: ...
    @property
    def last_stripe_event_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """The plan that a subscription's item is priced at."""

    plan_name: str
    billing_cycle: BillingCycle
    limits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SyncContext:
    """When a sync happens: `at` is the event's creation, None without an event.

    `unpaid_since` is when the oldest unpaid invoice became due.
    """

    at: datetime | None
    unpaid_since: datetime | None
    now: datetime


def access_until(subscription: SubscriptionState) -> datetime | None:
    """Return the time at which the subscription's access ends; None if it gives no access at all."""
    until: datetime | None = None
    if subscription.status in (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE):
        until = subscription.current_period_end and subscription.current_period_end + RENEWAL_GRACE
    elif subscription.status is SubscriptionStatus.PAST_DUE:
        until = subscription.past_due_since and subscription.past_due_since + DUNNING_GRACE
    ends = [end for end in (until, subscription.ended_at, subscription.refunded_at) if end]
    return min(ends) if until else None


def has_access(subscription: SubscriptionState, now: datetime) -> bool:
    """Return whether the subscription gives access at `now`."""
    until = access_until(subscription)
    return until is not None and now < until


def limits_of(subscription: SubscriptionState) -> dict[str, int]:
    """Return the limits that the subscription sets, by name."""
    limits = {name: getattr(subscription, name) for name in LIMITS}
    return {name: limit for name, limit in limits.items() if limit is not None}


def current_subscription(subscriptions: Iterable[S], now: datetime) -> S | None:
    """Return the subscription that determines the owner's entitlement; None if there is none.

    This is the subscription whose access ends last, or, if none gives access, the one that started last.
    """

    def rank(subscription: S) -> tuple[bool, datetime]:
        until = access_until(subscription)
        granted = until is not None and now < until
        return granted, until if granted and until else subscription.started_at

    return max(subscriptions, key=rank, default=None)


def subscription_columns(
    subscription: StripeSubscription,
    item: StripeSubscriptionItem | None,
    plan: PlanTerms | None,
    before: SyncedState,
    context: SyncContext,
) -> Columns:
    """Return the columns that Stripe's state changes. `item` is the subscription's item of a known plan, `plan` its terms."""
    period = item or (subscription.items[0] if subscription.items else None)
    starts_at = period.period_start if period else before.current_period_start
    is_new_trial = subscription.status is SubscriptionStatus.TRIALING and starts_at != before.current_period_start
    return {
        **(_plan_columns(item, plan) if item and plan else {}),
        "status": subscription.status,
        "stripe_customer_id": subscription.customer_id,
        "started_at": subscription.started_at,
        "trial_ends_at": _trial_ends_at(subscription),
        # Nothing is to be paid for a trial; any other period is opened by its payment.
        "refunded_at": None if is_new_trial else before.refunded_at,
        "current_period_start": starts_at,
        "current_period_end": period.period_end if period else before.current_period_end,
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "cancel_at": subscription.cancel_at,
        "pause_collection": subscription.pause_collection,
        "discounts": [terms_of(discount) for discount in subscription.discounts] or None,
        "cancelled_at": subscription.cancelled_at,
        "ended_at": subscription.ended_at,
        "past_due_since": _past_due_since(subscription, before, context),
        "last_stripe_event_at": max(filter(None, (context.at, before.last_stripe_event_at)), default=None),
    }


def _plan_columns(item: StripeSubscriptionItem, plan: PlanTerms) -> Columns:
    return {
        "plan_name": plan.plan_name,
        "billing_cycle": plan.billing_cycle,
        "currency": item.currency,
        "quantity": item.quantity,
        "interval_count": item.interval_count,
        "price_monthly": item.amount if plan.billing_cycle is BillingCycle.MONTHLY else None,
        "price_annual": item.amount if plan.billing_cycle is BillingCycle.ANNUAL else None,
        **{name: plan.limits.get(name) for name in LIMITS},
    }


def _trial_ends_at(subscription: StripeSubscription) -> datetime | None:
    """Return the end of the trial, no later than the end of the subscription."""
    trial_ends_at = subscription.trial_ends_at
    return min(trial_ends_at, subscription.ended_at or trial_ends_at) if trial_ends_at else None


def _past_due_since(
    subscription: StripeSubscription, before: SubscriptionState, context: SyncContext
) -> datetime | None:
    """Return when the oldest unpaid invoice became due, whichever event causes the sync."""
    since = context.unpaid_since or before.past_due_since or context.now
    return since if subscription.status is SubscriptionStatus.PAST_DUE else None
