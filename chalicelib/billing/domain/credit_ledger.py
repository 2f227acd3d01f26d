"""Credit ledgers: the lots that hold the credits, and a ledger opened for a change. Nothing is written here.

A lot holds what is left of one grant or purchase; lots are spent in the order of their expiry. A lot that a dispute
suspends still counts, but cannot be spent. The balance is always the sum of the entries, and that of the lots. A couple's
ledger has lots of both members: each lot names its owner, and a shortfall its payer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from chalicelib.billing.domain.credit_lots import (
    CreditLot,
    Lots,
    SpentLot,
    add_lot,
    spend_lots,
    spendable,
    spent_between,
    split_expired,
    suspend_lot,
    take_back_lots,
    withdraw_lots,
)
from chalicelib.billing.domain.credit_lots import NotEnough as NotEnough  # `spend` raises it
from chalicelib.billing.enums import EntryType

LOTS_PER_STEP = 36
"""Expired lots that one transaction takes out at most. An entry each: with a spend's rows the transaction has 39."""

_VERSIONED = ("expiry", "grant", "grant_refund", "transfer")
"""Kinds of causes whose effect another row's version allows once: the ledger's head for an expired lot and a transfer, the
calendar month or the payment for a grant and its refund."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """Why credits are taken back or restored.

    `version` is that of the payment's row; the reasons are stored in the ledger. `payer_id` owes what is missing.
    """

    payment_id: str
    version: int
    taken_because: str
    given_because: str
    payer_id: str | None = None


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
    spent_lots: tuple[SpentLot, ...] = ()


@dataclass
class CreditLedger:
    """The head of a ledger as it was read, and what is entered on top of it.

    `debts` are the parts of the shortfall by the id of who owes them. The rest was stored by an earlier release. `moved_to`
    maps a member whose lots have left this ledger to the next one.
    """

    balance: int
    shortfall: int
    lots: Lots
    now: datetime
    new_id: Callable[[], str]
    entries: list[LedgerEntry] = field(default_factory=list)
    debts: dict[str, int] = field(default_factory=dict)
    moved_to: dict[str, str] = field(default_factory=dict)

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
        *,
        owner_id: str | None = None,
    ) -> str:
        """Add a lot of an owner and return its id; `lot_id` is the entry's own id unless given."""
        entry_id = self.new_id()
        lot_id = lot_id or entry_id
        self.lots = add_lot(self.lots, CreditLot(lot_id, amount, expires_at, owner_id=owner_id))
        self._enter(entry_id, entry_type, amount, source_key, reason, lot_id, payment_id, expires_at)
        return lot_id

    def spend(self, amount: int, source_key: str, reason: str | None) -> None:
        """Take credits that can be spent, soonest to expire first. Raises NotEnough.

        Expired lots beyond LOTS_PER_STEP stay for the schedule; no credit of theirs is spent.
        """
        self.expire()
        before, self.lots = self.lots, spend_lots(self.lots, amount, self.now)
        self._enter(self.new_id(), EntryType.USAGE, -amount, source_key, reason)
        self.entries[-1] = replace(self.entries[-1], spent_lots=spent_between(before, self.lots))

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

    def take_back(
        self, lot_id: str, amount: int, source_key: str, reason: str, payment_id: str, *, payer_id: str | None = None
    ) -> None:
        """Take bought credits back: of their lot first, of the payer's others next, then of the rest, never below zero.

        What is left is a shortfall of the payer.
        """
        self.lots, taken = take_back_lots(self.lots, lot_id, amount, self.now, payer_id)
        self.owe(amount - taken, payer_id)
        if taken:
            self._enter(self.new_id(), EntryType.REFUND, -taken, source_key, reason, lot_id, payment_id)

    def give_back(
        self,
        lot_id: str,
        amount: int,
        source_key: str,
        reason: str,
        payment_id: str,
        owed: int | None = None,
        *,
        payer_id: str | None = None,
    ) -> None:
        """Undo a taking back: what the payment owes goes first, the rest returns to the payer's lot.

        `owed` is what could not be taken for this payment; None if that is not known: then the whole shortfall goes first.
        """
        forgiven = self.forgive(amount if owed is None else min(owed, amount), payer_id)
        if amount > forgiven:
            self.credit(
                EntryType.REFUND,
                amount - forgiven,
                source_key,
                reason,
                None,
                payment_id,
                lot_id,
                owner_id=payer_id,
            )

    def give_back_spent(self, spent: Iterable[SpentLot], source_key: str, reason: str | None) -> None:
        """Return spent credits to their lots, as one entry. What a lot's owner owes goes first."""
        amount = 0
        for each in spent:
            rest = each.amount - self.forgive(each.amount, each.owner_id)
            if rest:
                lot = CreditLot(each.lot_id, rest, each.expires_at, owner_id=each.owner_id)
                self.lots = add_lot(self.lots, lot)
            amount += rest
        self._enter(self.new_id(), EntryType.REFUND, amount, source_key, reason)

    def owe(self, amount: int, payer_id: str | None) -> None:
        """Add to the shortfall; None: nobody is named as the payer."""
        self.shortfall += amount
        if amount and payer_id:
            self.debts = {**self.debts, payer_id: self.debts.get(payer_id, 0) + amount}

    def forgive(self, amount: int, payer_id: str | None) -> int:
        """Reduce the shortfall by up to `amount`; return by how much.

        Takes the payer's part first, then what names no payer. The parts of others stay.
        """
        own = min(amount, self.debts.get(payer_id or "", 0))
        rest = min(amount - own, self.shortfall - sum(self.debts.values()))
        if own and payer_id:
            self.debts = {**self.debts, payer_id: self.debts[payer_id] - own}
        self.shortfall -= own + rest
        return own + rest

    def send_lot(self, lot: CreditLot, source_key: str, reason: str) -> None:
        """Enter that a lot moves to another ledger."""
        self.lots = tuple(each for each in self.lots if each.lot_id != lot.lot_id)
        self._enter(self.new_id(), EntryType.TRANSFER, -lot.remaining, source_key, reason, lot.lot_id)

    def receive_lot(self, lot: CreditLot, source_key: str, reason: str) -> None:
        """Enter that a lot arrives from another ledger."""
        self.lots = add_lot(self.lots, lot)
        self._enter(
            self.new_id(),
            EntryType.TRANSFER,
            lot.remaining,
            source_key,
            reason,
            lot.lot_id,
            expires_at=lot.expires_at,
        )

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
