"""Who has access, and until when: one rule for members and stores.

Access while a subscription is `trialing` or `active` (also with `cancel_at_period_end`) and its period, plus one day
for Stripe's renewal, is not over; `past_due` for 7 days from `past_due_since`; never after `ended_at`; a payment that went back ends
it, by a full refund or a lost dispute.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from chalicelib.billing.enums import SubscriptionStatus

RENEWAL_GRACE = timedelta(days=1)
DUNNING_GRACE = timedelta(days=7)


class Standing(Protocol):
    """The facts of a subscription that the rule looks at."""

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


S = TypeVar("S", bound=Standing)


def access_until(standing: Standing) -> datetime | None:
    """The moment from which the subscription gives no access any more; None where it gives none at all."""
    until: datetime | None = None
    if standing.status in (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE):
        until = standing.current_period_end and standing.current_period_end + RENEWAL_GRACE
    elif standing.status is SubscriptionStatus.PAST_DUE:
        until = standing.past_due_since and standing.past_due_since + DUNNING_GRACE
    ends = [end for end in (until, standing.ended_at, standing.refunded_at) if end]
    return min(ends) if until else None


def has_access(standing: Standing, now: datetime) -> bool:
    """Whether the subscription gives access at that moment."""
    until = access_until(standing)
    return until is not None and now < until


def governing(standings: Iterable[S], now: datetime) -> S | None:
    """Of an owner's subscriptions the one that counts: that with access for longest, else the one begun last."""

    def rank(standing: S) -> tuple[bool, datetime]:
        until = access_until(standing)
        granted = until is not None and now < until
        return granted, until if granted and until else standing.started_at

    return max(standings, key=rank, default=None)
