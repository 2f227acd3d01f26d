"""Credit lots: what is left of each grant and purchase, spent in the order of expiry.

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
    """What is left of one grant or purchase. `expires_at` None: it does not expire.

    `owner_id` names the lot owner: the member or store who bought it, has the plan that granted it or got it from an
    operator; None for a lot that an earlier release stored.
    """

    lot_id: str
    remaining: int
    expires_at: datetime | None = None
    is_suspended: bool = False
    owner_id: str | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now


Lots = tuple[CreditLot, ...]


@dataclass(frozen=True, slots=True)
class SpentLot:
    """The credits that one spend took from a lot."""

    lot_id: str
    amount: int
    expires_at: datetime | None
    owner_id: str | None


def add_lot(lots: Iterable[CreditLot], lot: CreditLot) -> Lots:
    """Add a lot; credits for a lot that is there already join it."""
    by_id = {each.lot_id: each for each in lots}
    present = by_id.get(lot.lot_id)
    if present is not None:
        is_suspended, owner_id = present.is_suspended or lot.is_suspended, present.owner_id or lot.owner_id
        lot = replace(
            present, remaining=present.remaining + lot.remaining, is_suspended=is_suspended, owner_id=owner_id
        )
    by_id[lot.lot_id] = lot
    return _ordered(by_id.values())


def spendable(lots: Iterable[CreditLot], now: datetime) -> int:
    """Return the credits that can be spent: neither expired nor suspended."""
    return sum(lot.remaining for lot in lots if not lot.is_suspended and not lot.is_over(now))


def spend_lots(lots: Lots, amount: int, now: datetime) -> Lots:
    """Take `amount` credits out of the lots. Raises NotEnough."""
    left, rest = amount, list[CreditLot]()
    for lot in lots:
        taken = 0 if lot.is_suspended or lot.is_over(now) else min(left, lot.remaining)
        left -= taken
        rest.append(replace(lot, remaining=lot.remaining - taken))
    if left:
        raise NotEnough
    return _ordered(rest)


def spent_between(before: Lots, after: Lots) -> tuple[SpentLot, ...]:
    """Return the credits that each lot lost."""
    left = {lot.lot_id: lot.remaining for lot in after}
    losses = ((lot, lot.remaining - left.get(lot.lot_id, 0)) for lot in before)
    return tuple(SpentLot(lot.lot_id, amount, lot.expires_at, lot.owner_id) for lot, amount in losses if amount)


def take_back_lots(
    lots: Lots, lot_id: str, amount: int, now: datetime, payer_id: str | None = None
) -> tuple[Lots, int]:
    """Take up to `amount` credits: out of that lot, the payer's others, then the rest; return the lots and how many were taken.

    Lots that have expired pay for nothing: they are left for the schedule.
    """
    left, rest = amount, dict[str, CreditLot]()
    for lot in sorted(lots, key=lambda lot: (lot.lot_id != lot_id, payer_id is not None and lot.owner_id != payer_id)):
        taken = 0 if lot.is_over(now) else min(left, lot.remaining)
        left -= taken
        rest[lot.lot_id] = replace(lot, remaining=lot.remaining - taken)
    return _ordered(rest.values()), amount - left


def withdraw_lots(lots: Lots, amounts: Mapping[str, int]) -> Lots:
    """Take credits out of lots, by lot id; no other lot makes up for one that holds fewer."""
    return _ordered(replace(lot, remaining=max(0, lot.remaining - amounts.get(lot.lot_id, 0))) for lot in lots)


def remaining_in(lots: Iterable[CreditLot], lot_id: str) -> int:
    """Return the credits that are left in a lot; 0 for one that is used up."""
    return next((lot.remaining for lot in lots if lot.lot_id == lot_id), 0)


def split_expired(lots: Lots, now: datetime, limit: int) -> tuple[Lots, Lots]:
    """Split off at most `limit` expired lots, the earliest first: the lots that stay, and those split off."""
    expired = tuple(lot for lot in lots if lot.is_over(now))[:limit]
    gone = {lot.lot_id for lot in expired}
    return tuple(lot for lot in lots if lot.lot_id not in gone), expired


def suspend_lot(lots: Lots, lot_id: str, is_suspended: bool) -> Lots:
    """Suspend that lot, or release it."""
    return tuple(replace(lot, is_suspended=is_suspended) if lot.lot_id == lot_id else lot for lot in lots)


def suspended_credits(lots: Iterable[CreditLot]) -> int:
    """Return the credits that disputes suspend."""
    return sum(lot.remaining for lot in lots if lot.is_suspended)


def next_expiry(lots: Iterable[CreditLot]) -> datetime | None:
    """Return the time at which the next lot expires."""
    return min((lot.expires_at for lot in lots if lot.expires_at), default=None)


def parse_lots(rows: Iterable[Mapping[str, Any]]) -> Lots:
    """Parse the lots of a balance's row."""
    return _ordered(
        CreditLot(
            str(row["lot_id"]),
            int(row["remaining"]),
            _moment(row),
            bool(row.get("is_suspended")),
            row.get("owner_id"),
        )
        for row in rows
    )


def parse_spent_lots(rows: Iterable[Mapping[str, Any]]) -> tuple[SpentLot, ...]:
    """Parse the lots of a spend's entry."""
    return tuple(SpentLot(str(row["lot_id"]), int(row["amount"]), _moment(row), row.get("owner_id")) for row in rows)


def _moment(row: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(row["expires_at"]) if row.get("expires_at") else None


def _ordered(lots: Iterable[CreditLot]) -> Lots:
    """Return the lots that hold anything, the soonest to expire first."""
    return tuple(sorted((lot for lot in lots if lot.remaining), key=lambda lot: (lot.expires_at or _NEVER, lot.lot_id)))
