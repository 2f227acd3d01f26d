"""Access: what a subscription gives to a member or store, and until when.

- A `trialing` or `active` subscription (also with `cancel_at_period_end`) gives access until one day after its period.
  The extra day covers Stripe's renewal. A paused collection keeps the access: Stripe does not demand a payment then.
- A `past_due` subscription gives access for 7 days from `past_due_since`.
- Access ends at `ended_at`, and at a full refund or lost dispute of the period's payment (`refunded_at`).
- A subscription whose price is no plan of its owner's audience gives no access (`is_without_plan`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from chalicelib.billing.enums import SubscriptionStatus

RENEWAL_GRACE = timedelta(days=1)
DUNNING_GRACE = timedelta(days=7)
LIMITS = ("max_products", "max_orders_per_month", "max_storage_gb", "max_api_calls_per_month")
_STALLED = (SubscriptionStatus.INCOMPLETE, SubscriptionStatus.UNPAID, SubscriptionStatus.PAUSED)
"""The statuses that give no access until the owner pays or adds a payment method in the customer portal."""


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
    @property
    def is_without_plan(self) -> bool: ...


S = TypeVar("S", bound=SubscriptionState)


def access_until(subscription: SubscriptionState) -> datetime | None:
    """Return the time at which the subscription's access ends; None if it gives no access at all."""
    until: datetime | None = None
    if subscription.is_without_plan:
        return None
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


def needs_portal(subscription: SubscriptionState, now: datetime) -> bool:
    """Return whether the owner has to restore the subscription in the customer portal instead of buying a plan.

    Such a subscription gives no access but has not ended. In the portal the owner pays, or chooses another plan.
    """
    is_overdue = subscription.status is SubscriptionStatus.PAST_DUE and not has_access(subscription, now)
    is_without_plan = subscription.is_without_plan and not subscription.status.is_final
    return subscription.status in _STALLED or is_overdue or is_without_plan


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
