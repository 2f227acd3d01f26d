"""One ledger opened for a change: entries are added, the head moves with each, and nothing is written here.

The balance is always the sum of the entries; the head's lots hold it, suspended ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.billing.domain import credit_lots
from chalicelib.billing.domain.credit_lots import CreditLot, Lots, NotEnough
from chalicelib.billing.enums import EntryType

__all__ = ["LOTS_PER_STEP", "CreditLedger", "LedgerEntry", "NotEnough", "is_guarded", "source_key"]

LOTS_PER_STEP = 36
"""Expired lots that one transaction takes out at most. An entry each: with a spend's rows the transaction has 39."""

_VERSIONED = ("expiry", "grant", "grant_refund")
"""Kinds of causes whose effect another row's version allows once: the ledger's head for an expired lot, the calendar
month or the payment for a grant and its refund."""


def source_key(kind: str, *names: str) -> str:
    """Return the key of an entry's cause, `kind/name/…`; a cause has at most one entry."""
    return "/".join((kind, *names))


def is_guarded(source_key: str) -> bool:
    """Return whether only a guard on the cause prevents a second entry for it."""
    return source_key.partition("/")[0] not in _VERSIONED


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One change of the balance, signed; `month_source_key` is what caused it, and causes one only."""

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
        return credit_lots.available(self.lots, self.now)

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
        self.lots = credit_lots.add(self.lots, CreditLot(lot_id, amount, expires_at))
        self._enter(entry_id, entry_type, amount, source_key, reason, lot_id, payment_id, expires_at)
        return lot_id

    def spend(self, amount: int, source_key: str, reason: str | None) -> None:
        """Take credits that can be spent, soonest to expire first. Raises NotEnough.

        Expired lots beyond LOTS_PER_STEP stay for the schedule; no credit of theirs is spent.
        """
        self.expire()
        self.lots = credit_lots.spend(self.lots, amount, self.now)
        self._enter(self.new_id(), EntryType.USAGE, -amount, source_key, reason)

    def expire(self) -> None:
        """Take out the lots that have expired, an entry each, LOTS_PER_STEP at most."""
        self.lots, gone = credit_lots.split_expired(self.lots, self.now, LOTS_PER_STEP)
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
        self.lots, taken = credit_lots.take_back(self.lots, lot_id, amount, self.now)
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
        self.lots = credit_lots.withdraw(self.lots, amounts)
        taken = before - sum(lot.remaining for lot in self.lots)
        if taken:
            self._enter(self.new_id(), EntryType.REFUND, -taken, source_key, reason, None, payment_id)

    def suspend(self, lot_id: str, is_suspended: bool) -> None:
        """Hold a lot for as long as a dispute lasts, or free it."""
        self.lots = credit_lots.suspend(self.lots, lot_id, is_suspended)

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
