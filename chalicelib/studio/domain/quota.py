"""The quota's rules as pure decisions on a state; the repository writes them conditionally.

A reservation takes one of the month's images and one of the concurrent slots. A slot is a lease: if the worker dies, it
expires. Months are UTC calendar months and roll over at the first access after their end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

MEGABYTE = 1_000_000
DAYS = 30
"""Days whose images are counted singly."""


class Refusal(StrEnum):
    """The reason why nothing can be reserved."""

    MONTH_USED_UP = "month_used_up"
    NO_FREE_SLOT = "no_free_slot"
    STORAGE_FULL = "storage_full"


@dataclass(frozen=True, slots=True)
class QuotaState:
    """A shop's limits and use. `leases` maps generations in progress to the end of their slot; MB = 1,000,000 bytes."""

    monthly_limit: int
    concurrent_limit: int
    storage_limit_mb: int
    used: int
    total: int
    storage_mb: Decimal
    month: datetime
    """The first moment of the month that `used` counts."""
    leases: Mapping[str, datetime] = field(default_factory=dict)
    daily: Mapping[date, int] = field(default_factory=dict)
    """Images by UTC day, for the DAYS days with the newest count; a day without images may be missing."""


def month_of(moment: datetime) -> datetime:
    """Return the first moment of the UTC calendar month."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month_of(moment: datetime) -> datetime:
    """Return the first moment of the next UTC calendar month."""
    return month_of(month_of(moment) + timedelta(days=31))


def roll_over(state: QuotaState, now: datetime) -> QuotaState:
    """Return the state as of `now`: a new month starts with no image used. Never returns to an earlier month."""
    month = month_of(now)
    return replace(state, used=0, month=month) if month > state.month else state


def reserve_slot(state: QuotaState, generation: str, now: datetime, until: datetime) -> QuotaState | Refusal:
    """Take one image of the month and one slot until `until`; a generation that has a slot keeps it."""
    state = roll_over(state, now)
    live = {name: end for name, end in state.leases.items() if end > now and name != generation}
    if state.used >= state.monthly_limit:
        return Refusal.MONTH_USED_UP
    if len(live) >= state.concurrent_limit:
        return Refusal.NO_FREE_SLOT
    if state.storage_mb >= state.storage_limit_mb:
        return Refusal.STORAGE_FULL
    leases = {**live, generation: until}
    return replace(state, used=state.used + 1, total=state.total + 1, leases=leases, daily=_count_day(state, now, 1))


def extend_slot(state: QuotaState, generation: str, until: datetime) -> QuotaState:
    """Extend the slot of a generation whose work is queued again."""
    return replace(state, leases={**state.leases, generation: until})


def release_slot(state: QuotaState, generation: str) -> QuotaState:
    """Free the slot of a completed generation; its image of the month stays used."""
    return replace(state, leases={name: end for name, end in state.leases.items() if name != generation})


def cancel_reservation(state: QuotaState, generation: str, reserved_at: datetime) -> QuotaState:
    """Free the slot of a failed generation, and return its image if the month is still the one of the reservation.

    The caller ensures that this happens once, by the condition that also sets the generation to failed.
    """
    state = release_slot(state, generation)
    same_month = month_of(reserved_at) == state.month
    daily = _count_day(state, reserved_at, -1)
    return replace(state, used=max(0, state.used - same_month), total=max(0, state.total - 1), daily=daily)


def images_by_day(state: QuotaState, now: datetime) -> list[tuple[date, int]]:
    """Return the images of each of the last DAYS days, oldest first; the last one is the day of `now`."""
    days = [now.date() - timedelta(days=ago) for ago in reversed(range(DAYS))]
    return [(day, state.daily.get(day, 0)) for day in days]


def _count_day(state: QuotaState, moment: datetime, change: int) -> dict[date, int]:
    """Return the counts with `change` added to the day of `moment`, without days that are too old."""
    counts = {**state.daily, moment.date(): max(0, state.daily.get(moment.date(), 0) + change)}
    oldest = max(counts) - timedelta(days=DAYS - 1)
    return {day: count for day, count in counts.items() if day >= oldest and count}


def free_bytes(state: QuotaState) -> int:
    """Return how many more bytes may be stored."""
    return max(0, int((state.storage_limit_mb - state.storage_mb) * MEGABYTE))
