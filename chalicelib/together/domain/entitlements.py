"""Entitlements of the members: the projection of billing's subscriptions and add-ons, and the premium of a relationship.

A subscription's messages may arrive late and in any order. Its versions count per subscription, so that a late message of
an old subscription changes nothing of a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from chalicelib.kit import clock

PREMIUM_ADDON = "premium_features"
"""The add-on that includes everything of a plan."""
MAX_SUBSCRIPTIONS = 20
MAX_ADDONS = 50
OVER_FOR = timedelta(days=90)
"""A subscription whose access ended before that gets no message any more (SQS keeps one for 14 days)."""
OPEN_ENDED = datetime(9999, 12, 31, tzinfo=UTC)
"""The end of premium of an add-on that renews automatically."""

StoredSubscriptions = Mapping[str, Mapping[str, Any]]
"""By subscription id: {version, plan, access_until}; `access_until` is ISO text, or None if it gives no access."""
StoredAddons = Mapping[str, str | None]
"""By add-on id: the end as ISO text; None if it is open-ended."""


class EntitledUser(Protocol):
    """The fields of a member that decide on premium."""

    @property
    def access_until(self) -> datetime | None: ...
    @property
    def addons(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class PremiumFields:
    """The fields of a member that decide on premium, as they will be stored."""

    access_until: datetime | None
    addons: StoredAddons | None


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """The state of a subscription in one message. `access_until` None: it gives no access."""

    subscription_id: str
    version: int
    plan: str
    access_until: datetime | None


def premium_until(users: Iterable[EntitledUser | None]) -> datetime | None:
    """Return the latest end of premium of the members; None if nobody ever had it. The end may be past.

    Premium is the access of a plan or the add-on `premium_features`. Missing members (None) have none.
    """
    ends = [end for user in users if user is not None for end in (user.access_until, _addon_end(user.addons))]
    return max((end for end in ends if end is not None), default=None)


def is_premium(until: datetime | None, now: datetime) -> bool:
    """Return whether a `premium_until` gives premium now."""
    return until is not None and until > now


def merge_subscription(stored: StoredSubscriptions, state: SubscriptionState, now: datetime) -> StoredSubscriptions:
    """Return the subscriptions with the state of a message; unchanged if a later or the same state is stored.

    Keeps at most MAX_SUBSCRIPTIONS: those that are over for OVER_FOR are removed first, the earliest end first.
    """
    before = stored.get(state.subscription_id)
    if before is not None and before["version"] >= state.version:
        return stored
    until = clock.iso(state.access_until) if state.access_until else None
    row = {"version": state.version, "plan": state.plan, "access_until": until}
    return _limited({**stored, state.subscription_id: row}, state.subscription_id, now)


def best_access(stored: StoredSubscriptions) -> tuple[str | None, datetime | None]:
    """Return the plan and end of access of the subscription with the latest access; (None, None) without access."""
    ends = [(clock.parse(row["access_until"]), id_) for id_, row in stored.items() if row["access_until"]]
    if not ends:
        return None, None
    until, subscription_id = max(ends)
    return str(stored[subscription_id]["plan"]), until


def merge_addons(addons: Iterable[tuple[str, datetime | None]], now: datetime) -> StoredAddons:
    """Return the add-ons that have not ended by id, each with its latest end, at most MAX_ADDONS."""
    ends = dict[str, datetime]()
    for addon_id, until in addons:
        end = until or OPEN_ENDED
        if end > now:
            ends[addon_id] = max(end, ends.get(addon_id, end))
    latest = sorted(ends.items(), key=lambda each: (each[1], each[0]), reverse=True)[:MAX_ADDONS]
    return {addon_id: None if end == OPEN_ENDED else clock.iso(end) for addon_id, end in sorted(latest)}


def has_addon(addons: StoredAddons | None, addon_id: str, now: datetime) -> bool:
    """Return whether the member has the add-on now."""
    until = (addons or {}).get(addon_id, clock.iso(now))
    return until is None or clock.parse(until) > now


def _addon_end(addons: StoredAddons | None) -> datetime | None:
    if not addons or PREMIUM_ADDON not in addons:
        return None
    until = addons[PREMIUM_ADDON]
    return OPEN_ENDED if until is None else clock.parse(until)


def _limited(rows: StoredSubscriptions, newest: str, now: datetime) -> StoredSubscriptions:
    """Return at most MAX_SUBSCRIPTIONS subscriptions; `newest` stays."""
    surplus = len(rows) - MAX_SUBSCRIPTIONS
    if surplus <= 0:
        return rows
    by_end = sorted((id_ for id_ in rows if id_ != newest), key=lambda id_: (_order(rows[id_], now), id_))
    removed = set(by_end[:surplus])
    return {id_: row for id_, row in rows.items() if id_ not in removed}


def _order(row: Mapping[str, Any], now: datetime) -> tuple[int, datetime]:
    """Return the order of removal: those over for OVER_FOR, those without access, then the others by their end."""
    if not row["access_until"]:
        return 1, now
    end = clock.parse(row["access_until"])
    return (0 if end < now - OVER_FOR else 2), end
