"""The access rule for members and stores.

- A `trialing` or `active` subscription (also with `cancel_at_period_end`) gives access until one day after its period.
  The extra day covers Stripe's renewal.
- A `past_due` subscription gives access for 7 days from `past_due_since`.
- Access ends at `ended_at`, and at a full refund or lost dispute of the period's payment (`refunded_at`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from chalicelib.billing.enums import SubscriptionStatus

RENEWAL_GRACE = timedelta(days=1)
DUNNING_GRACE = timedelta(days=7)


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


def access_until(standing: SubscriptionState) -> datetime | None:
    """Return the time at which the subscription's access ends; None if it gives no access at all."""
    until: datetime | None = None
    if standing.status in (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE):
        until = standing.current_period_end and standing.current_period_end + RENEWAL_GRACE
    elif standing.status is SubscriptionStatus.PAST_DUE:
        until = standing.past_due_since and standing.past_due_since + DUNNING_GRACE
    ends = [end for end in (until, standing.ended_at, standing.refunded_at) if end]
    return min(ends) if until else None


def has_access(standing: SubscriptionState, now: datetime) -> bool:
    """Return whether the subscription gives access at `now`."""
    until = access_until(standing)
    return until is not None and now < until


def current_subscription(standings: Iterable[S], now: datetime) -> S | None:
    """Return the subscription that determines the owner's entitlement; None if there is none.

    This is the subscription whose access ends last, or, if none gives access, the one that started last.
    """

    def rank(standing: S) -> tuple[bool, datetime]:
        until = access_until(standing)
        granted = until is not None and now < until
        return granted, until if granted and until else standing.started_at

    return max(standings, key=rank, default=None)
