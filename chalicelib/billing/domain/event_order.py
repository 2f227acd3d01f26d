"""The order of Stripe events: whether an event's state is applied, replaced by the current state, or ignored.

Stripe's timestamps are whole seconds, and events arrive in any order, repeatedly and late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from chalicelib.billing.enums import SubscriptionStatus


@dataclass(frozen=True, slots=True)
class EventContext:
    """The event that causes a sync, and its creation time at Stripe."""

    event_id: str
    at: datetime


class Decision(Enum):
    """Keep the row, apply the event's state, or fetch the current state from Stripe."""

    KEEP = auto()
    APPLY = auto()
    FETCH = auto()


def decide(is_final: bool, at: datetime, status: SubscriptionStatus | None, applied: datetime | None) -> Decision:
    """Decide what to do with the subscription state of an event created `at`.

    `status` and `applied` (the time of the latest applied event) are the row's; None if there is no row. A final state
    replaces every other state; of two final states, the later one is kept. A state that is not final may be stale, so the
    current state is fetched.
    """
    has_ended = status is not None and status.is_final
    if not is_final:
        return Decision.KEEP if has_ended else Decision.FETCH
    return Decision.KEEP if has_ended and applied is not None and at <= applied else Decision.APPLY
