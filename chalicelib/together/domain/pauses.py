"""Pauses of a relationship: each member has their own, and the relationship is paused while one of them is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.kit import clock

MAX_PAUSES = 50

Pause = Sequence[str | None]
"""`[from, to or null, by]`, times in ISO-8601."""


def has_open_pause(pauses: Sequence[Pause], user_id: str) -> bool:
    """Return whether the member has paused the relationship."""
    return any(by == user_id and until is None for _, until, by in pauses)


def is_pause_open(pauses: Sequence[Pause]) -> bool:
    """Return whether one of the pauses is open."""
    return any(until is None for _, until, _ in pauses)


def with_pause(pauses: Sequence[Pause], user_id: str, now: datetime) -> list[list[str | None]]:
    """Return the pauses with a new one of the member. Over MAX_PAUSES the oldest that have ended are dropped."""
    kept: list[list[str | None]] = [*map(list, pauses), [clock.iso(now), None, user_id]]
    for pause in [pause for pause in kept if pause[1] is not None]:
        if len(kept) <= MAX_PAUSES:
            break
        kept.remove(pause)
    return kept


def without_pause(pauses: Sequence[Pause], user_id: str, now: datetime) -> list[list[str | None]]:
    """Return the pauses with the member's open one ended now."""
    return [[since, until or (clock.iso(now) if by == user_id else None), by] for since, until, by in pauses]
