"""What a shop may still generate and store, as pure decisions; the repository writes them conditionally.

A reservation takes one of the month's images and one of the concurrent slots at once. A slot is a lease: a worker
that dies loses it by time. The month is UTC's calendar month and rolls over with the first look after its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

MEGABYTE = 1_000_000


class Refusal(StrEnum):
    """Why nothing can be reserved."""

    MONTH_USED_UP = "month_used_up"
    NO_FREE_SLOT = "no_free_slot"
    STORAGE_FULL = "storage_full"


@dataclass(frozen=True, slots=True)
class State:
    """A shop's limits and use. `leases` maps generations at work to the end of their slot; MB = 1,000,000 bytes."""

    monthly_limit: int
    concurrent_limit: int
    storage_limit_mb: int
    used: int
    total: int
    storage_mb: Decimal
    month: datetime
    """The first moment of the month that `used` counts."""
    leases: Mapping[str, datetime] = field(default_factory=dict)


def month_of(moment: datetime) -> datetime:
    """The first moment of the UTC calendar month."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def rolled_over(state: State, now: datetime) -> State:
    """The state as of `now`: a new month begins at nothing used. Never goes back."""
    month = month_of(now)
    return replace(state, used=0, month=month) if month > state.month else state


def reserve(state: State, generation: str, now: datetime, until: datetime) -> State | Refusal:
    """Take one image of the month and one slot until `until`; a generation that holds its slot keeps it."""
    state = rolled_over(state, now)
    live = {name: end for name, end in state.leases.items() if end > now and name != generation}
    if state.used >= state.monthly_limit:
        return Refusal.MONTH_USED_UP
    if len(live) >= state.concurrent_limit:
        return Refusal.NO_FREE_SLOT
    if state.storage_mb >= state.storage_limit_mb:
        return Refusal.STORAGE_FULL
    return replace(state, used=state.used + 1, total=state.total + 1, leases={**live, generation: until})


def extend(state: State, generation: str, until: datetime) -> State:
    """Prolong the slot of a generation that is at work (again)."""
    return replace(state, leases={**state.leases, generation: until})


def finish(state: State, generation: str) -> State:
    """The image is made: its slot is free, its place in the month used."""
    return replace(state, leases={name: end for name, end in state.leases.items() if name != generation})


def give_back(state: State, generation: str, reserved_at: datetime) -> State:
    """The image failed: its slot is free, and its place in the month, if that is still the month it was taken from.

    The caller makes sure that this happens once, by the condition that also makes the generation failed.
    """
    state = finish(state, generation)
    same_month = month_of(reserved_at) == state.month
    return replace(state, used=max(0, state.used - same_month), total=max(0, state.total - 1))


def room(state: State) -> int:
    """How many bytes more may be stored."""
    return max(0, int((state.storage_limit_mb - state.storage_mb) * MEGABYTE))
