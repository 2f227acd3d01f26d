"""Subscriptions of a store as billing reports them, and the plan that they give it.

A subscription's messages may arrive late and in any order. Its versions count per subscription, so that a late message of
an old subscription changes nothing of a newer one. Without access the free plan's limits hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.billing.enums import SubscriptionStatus
from chalicelib.kit import clock
from chalicelib.platform.enums import StorePlan, StoreSubscriptionStatus

MAX_SUBSCRIPTIONS = 5
"""Each call writes the store's row, so the cost of a call depends on the row's size."""
OVER_FOR = timedelta(days=90)
"""A subscription whose access ended longer ago gets no more messages (SQS keeps one for 14 days)."""

StoredSubscriptions = Mapping[str, Mapping[str, Any]]
"""By subscription id: {version, plan, status, access_until, limits}; `access_until` is ISO text, or None without access."""


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """The state of a subscription in one message. `access_until` None: it gives no access."""

    subscription_id: str
    version: int
    plan: str
    status: SubscriptionStatus
    access_until: datetime | None
    limits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PlanState:
    """The plan of a store: columns of its row. `access_until` is None on the free plan, which does not end."""

    subscription_plan: StorePlan
    subscription_status: StoreSubscriptionStatus
    access_until: datetime | None
    limits: Mapping[str, int]


def merge_subscription(stored: StoredSubscriptions, state: SubscriptionState, now: datetime) -> StoredSubscriptions:
    """Return the subscriptions with the state of a message; unchanged if a later or the same state is stored.

    Keeps at most MAX_SUBSCRIPTIONS: those that are over for OVER_FOR are removed first, the earliest end first.
    """
    before = stored.get(state.subscription_id)
    if before is not None and before["version"] >= state.version:
        return stored
    row = {
        "version": state.version,
        "plan": state.plan,
        "status": state.status,
        "access_until": clock.iso(state.access_until) if state.access_until else None,
        "limits": dict(state.limits),
    }
    return _limited({**stored, state.subscription_id: row}, state.subscription_id, now)


def current_plan(stored: StoredSubscriptions, free_limits: Mapping[str, int], now: datetime) -> PlanState:
    """Return the plan of the subscription whose access ends last, or the free plan if none gives access now.

    On the free plan the status is `active` before the first subscription, `cancelled` if the subscription that ended
    last was canceled, else `expired`.
    """
    subscription_id = latest_subscription(stored)
    if subscription_id is None:
        return PlanState(StorePlan.FREE, StoreSubscriptionStatus.ACTIVE, None, free_limits)
    row = stored[subscription_id]
    if _end(row) <= now:
        is_canceled = row["status"] == SubscriptionStatus.CANCELED
        status = StoreSubscriptionStatus.CANCELLED if is_canceled else StoreSubscriptionStatus.EXPIRED
        return PlanState(StorePlan.FREE, status, None, free_limits)
    is_trial = row["status"] == SubscriptionStatus.TRIALING
    status = StoreSubscriptionStatus.TRIAL if is_trial else StoreSubscriptionStatus.ACTIVE
    return PlanState(StorePlan(row["plan"]), status, _end(row), {**free_limits, **row["limits"]})


def latest_subscription(stored: StoredSubscriptions) -> str | None:
    """Return the id of the subscription whose access ends last; None without subscriptions."""
    return max(stored, key=lambda id_: (_end(stored[id_]), id_), default=None)


def _end(row: Mapping[str, Any]) -> datetime:
    """Return the end of a subscription's access; the beginning of the calendar without access."""
    return clock.parse(row["access_until"] or "0001-01-01T00:00:00Z")


def _limited(rows: StoredSubscriptions, newest: str, now: datetime) -> StoredSubscriptions:
    """Return at most MAX_SUBSCRIPTIONS subscriptions; `newest` stays."""
    surplus = len(rows) - MAX_SUBSCRIPTIONS
    if surplus <= 0:
        return rows
    by_end = sorted((id_ for id_ in rows if id_ != newest), key=lambda id_: (_removal_order(rows[id_], now), id_))
    removed = set(by_end[:surplus])
    return {id_: row for id_, row in rows.items() if id_ not in removed}


def _removal_order(row: Mapping[str, Any], now: datetime) -> tuple[int, datetime]:
    """Return the order of removal: those over for OVER_FOR, those without access, then the others by their end."""
    if not row["access_until"]:
        return 1, now
    return (0 if _end(row) < now - OVER_FOR else 2), _end(row)
