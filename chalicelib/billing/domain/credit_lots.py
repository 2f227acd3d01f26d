"""Lots of credits: what is left of each grant or purchase. They are spent soonest to expire first.

A lot that a dispute suspends still counts, but cannot be spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

_NEVER = datetime.max.replace(tzinfo=UTC)


class NotEnough(ValueError):
    """The lots hold fewer credits than are to be spent."""


@dataclass(frozen=True, slots=True)
class CreditLot:
    """What is left of one grant or purchase. `expires_at` None: it does not expire."""

    lot_id: str
    remaining: int
    expires_at: datetime | None = None
    is_suspended: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now


Lots = tuple[CreditLot, ...]


def add(lots: Iterable[CreditLot], lot: CreditLot) -> Lots:
    """With one more lot; credits for a lot that is there already join it."""
    known = {each.lot_id: each for each in lots}
    there = known.get(lot.lot_id)
    known[lot.lot_id] = replace(there, remaining=there.remaining + lot.remaining) if there else lot
    return _ordered(known.values())


def available(lots: Iterable[CreditLot], now: datetime) -> int:
    """Return the credits that can be spent: neither expired nor suspended."""
    return sum(lot.remaining for lot in lots if not lot.is_suspended and not lot.is_over(now))


def spend(lots: Lots, amount: int, now: datetime) -> Lots:
    """Without `amount` credits. Raises NotEnough."""
    left, rest = amount, list[CreditLot]()
    for lot in lots:
        taken = 0 if lot.is_suspended or lot.is_over(now) else min(left, lot.remaining)
        left -= taken
        rest.append(replace(lot, remaining=lot.remaining - taken))
    if left:
        raise NotEnough
    return _ordered(rest)


def take_back(lots: Lots, lot_id: str, amount: int, now: datetime) -> tuple[Lots, int]:
    """Without up to `amount` credits, of that lot first, then of the others; and how many were there to take.

    Lots that have expired pay for nothing: they are left for the schedule.
    """
    left, rest = amount, dict[str, CreditLot]()
    for lot in sorted(lots, key=lambda lot: lot.lot_id != lot_id):
        taken = 0 if lot.is_over(now) else min(left, lot.remaining)
        left -= taken
        rest[lot.lot_id] = replace(lot, remaining=lot.remaining - taken)
    return _ordered(rest.values()), amount - left


def withdraw(lots: Lots, amounts: Mapping[str, int]) -> Lots:
    """Take credits out of lots, by lot id; no other lot makes up for one that holds fewer."""
    return _ordered(replace(lot, remaining=max(0, lot.remaining - amounts.get(lot.lot_id, 0))) for lot in lots)


def remaining(lots: Iterable[CreditLot], lot_id: str) -> int:
    """Return the credits that are left in a lot; 0 for one that is used up."""
    return next((lot.remaining for lot in lots if lot.lot_id == lot_id), 0)


def split_expired(lots: Lots, now: datetime, limit: int) -> tuple[Lots, Lots]:
    """Split off at most `limit` expired lots, the earliest first: the lots that stay, and those split off."""
    expired = tuple(lot for lot in lots if lot.is_over(now))[:limit]
    gone = {lot.lot_id for lot in expired}
    return tuple(lot for lot in lots if lot.lot_id not in gone), expired


def suspend(lots: Lots, lot_id: str, is_suspended: bool) -> Lots:
    """With that lot suspended, or free again."""
    return tuple(replace(lot, is_suspended=is_suspended) if lot.lot_id == lot_id else lot for lot in lots)


def suspended(lots: Iterable[CreditLot]) -> int:
    """Return the credits that disputes suspend."""
    return sum(lot.remaining for lot in lots if lot.is_suspended)


def next_expiry(lots: Iterable[CreditLot]) -> datetime | None:
    """When the next lot expires."""
    return min((lot.expires_at for lot in lots if lot.expires_at), default=None)


def read(rows: Iterable[Mapping[str, Any]]) -> Lots:
    """Parse the lots of a balance's row."""
    return _ordered(
        CreditLot(
            str(row["lot_id"]),
            int(row["remaining"]),
            datetime.fromisoformat(row["expires_at"]) if row.get("expires_at") else None,
            bool(row.get("is_suspended")),
        )
        for row in rows
    )


def _ordered(lots: Iterable[CreditLot]) -> Lots:
    """Those that hold anything, the soonest to expire first."""
    return tuple(sorted((lot for lot in lots if lot.remaining), key=lambda lot: (lot.expires_at or _NEVER, lot.lot_id)))
