"""Credit ledgers: the lots that hold the credits, and a ledger opened for a change. Nothing is written here.

A lot holds what is left of one grant or purchase; lots are spent in the order of their expiry. A lot that a dispute
suspends still counts, but cannot be spent. The balance is always the sum of the entries, and that of the lots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from chalicelib.billing.enums import EntryType

_NEVER = datetime.max.replace(tzinfo=UTC)

LOTS_PER_STEP = 36
"""Expired lots that one transaction takes out at most. An entry each: with a spend's rows the transaction has 39."""

_VERSIONED = ("expiry", "grant", "grant_refund")
"""Kinds of causes whose effect another row's version allows once: the ledger's head for an expired lot, the calendar
month or the payment for a grant and its refund."""


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
        """Return whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now


Lots = tuple[CreditLot, ...]


@dataclass(frozen=True, slots=True)
class Reversal:
    """Why credits are taken back or restored.

    `version` is that of the payment's row; the reasons are stored in the ledger.
    """

    payment_id: str
    version: int
    taken_because: str
    given_because: str


class LedgerOwner(Protocol):
    """The fields of an owner that name their ledger."""

    @property
    def owner_id(self) -> str: ...
    @property
    def relationship_id(self) -> str | None: ...


def ledger_of(owner: LedgerOwner) -> str:
    """Return the id of the owner's ledger: the couple's `relationship_id`, else the owner's id."""
    return owner.relationship_id or owner.owner_id


def source_key(kind: str, *names: str) -> str:
    """Return the key of an entry's cause, `kind/name/…`; a cause has at most one entry."""
    return "/".join((kind, *names))


def has_unique_value(source_key: str) -> bool:
    """Return whether a unique value of the source key prevents a second entry for it."""
    return source_key.partition("/")[0] not in _VERSIONED


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One change of the balance, signed; `source_key` names its cause, which has no other entry."""

    id: str
    entry_type: EntryType
    amount: int
    balance_after: int
    reason: str | None
    source_key: str
    lot_id: str | None = None
    payment_id: str | None = None
    expires_at: datetime | None = None


@dataclass
class CreditLedger:
    """The head of a ledger as it was read, and what is entered on top of it."""

    balance: int
    shortfall: int
    lots: Lots
    now: datetime
    new_id: Callable[[], str]
    entries: list[LedgerEntry] = field(default_factory=list)

    @property
    def has_expired(self) -> bool:
        """Whether a lot has expired that is not taken out yet."""
        return any(lot.is_over(self.now) for lot in self.lots)

    @property
    def available(self) -> int:
        """The credits that can be spent now."""
        return spendable(self.lots, self.now)

    def credit(
        self,
        entry_type: EntryType,
        amount: int,
        source_key: str,
        reason: str,
        expires_at: datetime | None = None,
        payment_id: str | None = None,
        lot_id: str | None = None,
    ) -> str:
        """Add a lot and return its id; `lot_id` is the entry's own id unless given."""
        entry_id = self.new_id()
        lot_id = lot_id or entry_id
        self.lots = add_lot(self.lots, CreditLot(lot_id, amount, expires_at))
        self._enter(entry_id, entry_type, amount, source_key, reason, lot_id, payment_id, expires_at)
        return lot_id

    def spend(self, amount: int, source_key: str, reason: str | None) -> None:
        """Take credits that can be spent, soonest to expire first. Raises NotEnough.

        Expired lots beyond LOTS_PER_STEP stay for the schedule; no credit of theirs is spent.
        """
        self.expire()
        self.lots = spend_lots(self.lots, amount, self.now)
        self._enter(self.new_id(), EntryType.USAGE, -amount, source_key, reason)

    def expire(self) -> None:
        """Take out the lots that have expired, an entry each, LOTS_PER_STEP at most."""
        self.lots, gone = split_expired(self.lots, self.now, LOTS_PER_STEP)
        for lot in gone:
            self._enter(
                self.new_id(),
                EntryType.EXPIRATION,
                -lot.remaining,
                source_key("expiry", lot.lot_id),
                "expired",
                lot.lot_id,
            )

    def take_back(self, lot_id: str, amount: int, source_key: str, reason: str, payment_id: str) -> None:
        """Take bought credits back: of their lot first, of others next, never below zero; the rest is a shortfall."""
        self.lots, taken = take_back_lots(self.lots, lot_id, amount, self.now)
        self.shortfall += amount - taken
        if taken:
            self._enter(self.new_id(), EntryType.REFUND, -taken, source_key, reason, lot_id, payment_id)

    def give_back(
        self, lot_id: str, amount: int, source_key: str, reason: str, payment_id: str, owed: int | None = None
    ) -> None:
        """Undo a taking back: what the payment owes goes first, the rest returns to the lot.

        `owed` is what could not be taken for this payment; None if that is not known: then the whole shortfall goes first.
        """
        forgiven = min(self.shortfall, amount, amount if owed is None else owed)
        self.shortfall -= forgiven
        if amount > forgiven:
            self.credit(EntryType.REFUND, amount - forgiven, source_key, reason, None, payment_id, lot_id)

    def withdraw(self, amounts: Mapping[str, int], source_key: str, reason: str, payment_id: str) -> None:
        """Take granted credits out of their lots (`amounts` by lot id), as one entry."""
        before = sum(lot.remaining for lot in self.lots)
        self.lots = withdraw_lots(self.lots, amounts)
        taken = before - sum(lot.remaining for lot in self.lots)
        if taken:
            self._enter(self.new_id(), EntryType.REFUND, -taken, source_key, reason, None, payment_id)

    def suspend(self, lot_id: str, is_suspended: bool) -> None:
        """Hold a lot for as long as a dispute lasts, or free it."""
        self.lots = suspend_lot(self.lots, lot_id, is_suspended)

    def _enter(
        self,
        entry_id: str,
        entry_type: EntryType,
        amount: int,
        source_key: str,
        reason: str | None,
        lot_id: str | None = None,
        payment_id: str | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        self.balance += amount
        self.entries.append(
            LedgerEntry(entry_id, entry_type, amount, self.balance, reason, source_key, lot_id, payment_id, expires_at)
        )


def add_lot(lots: Iterable[CreditLot], lot: CreditLot) -> Lots:
    """Add a lot; credits for a lot that is there already join it."""
    by_id = {each.lot_id: each for each in lots}
    present = by_id.get(lot.lot_id)
    by_id[lot.lot_id] = replace(present, remaining=present.remaining + lot.remaining) if present else lot
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


def take_back_lots(lots: Lots, lot_id: str, amount: int, now: datetime) -> tuple[Lots, int]:
    """Take up to `amount` credits, out of that lot first, then out of the others; return the lots and how many were taken.

    Lots that have expired pay for nothing: they are left for the schedule.
    """
    left, rest = amount, dict[str, CreditLot]()
    for lot in sorted(lots, key=lambda lot: lot.lot_id != lot_id):
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
            datetime.fromisoformat(row["expires_at"]) if row.get("expires_at") else None,
            bool(row.get("is_suspended")),
        )
        for row in rows
    )


def _ordered(lots: Iterable[CreditLot]) -> Lots:
    """Return the lots that hold anything, the soonest to expire first."""
    return tuple(sorted((lot for lot in lots if lot.remaining), key=lambda lot: (lot.expires_at or _NEVER, lot.lot_id)))
