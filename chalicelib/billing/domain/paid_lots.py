"""Lots of credits that a payment brought, bought or granted, and what of them goes back with its money.

A bought lot owes what was spent of it: other lots pay, the rest is a shortfall. A granted lot ends: what is left of it
goes, other lots stay, what was spent is a shortfall. An expired lot is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.billing.domain import refund_amounts
from chalicelib.billing.domain.credit_ledger import CreditLedger, source_key
from chalicelib.billing.enums import EntryType

OF_GIFT = ""
"""The ledger of a gift's lots: the gift names it, so that the buyer's payment keeps no name of the recipient."""


@dataclass(frozen=True, slots=True)
class PaidLot:
    """One lot: `amount` credits for all of the payment, `taken` of them back, in the ledger of relationship `ledger`."""

    lot_id: str
    ledger: str
    amount: int
    taken: int
    expires_at: datetime | None = None
    is_bought: bool = False


@dataclass(frozen=True, slots=True)
class Reversal:
    """Why credits move: `version` is that of the payment's row; the reasons stand in the ledger."""

    payment_id: str
    version: int
    taken_because: str
    given_because: str

    def source_key(self, lot: PaidLot) -> str:
        """Return the cause of the entry, which causes one only."""
        return source_key("refund", self.payment_id, str(self.version), lot.lot_id)


def read(rows: Iterable[Mapping[str, Any]] | None) -> list[PaidLot]:
    """Read the granted lots of a payment's row."""
    return [
        PaidLot(
            str(row["lot_id"]),
            str(row["ledger"]),
            int(row["amount"]),
            int(row["taken"]),
            datetime.fromisoformat(row["expires_at"]) if row.get("expires_at") else None,
        )
        for row in rows or []
    ]


def written(lots: Iterable[PaidLot]) -> list[dict[str, Any]] | None:
    """Return the granted lots as a payment's row keeps them."""
    return [
        {
            "lot_id": lot.lot_id,
            "ledger": lot.ledger,
            "amount": lot.amount,
            "taken": lot.taken,
            "expires_at": lot.expires_at.isoformat() if lot.expires_at else None,
        }
        for lot in lots
    ] or None


def settle(book: CreditLedger, lot: PaidLot, paid: Decimal, back: Decimal, reversal: Reversal) -> PaidLot:
    """Enter in the book what the lot loses, or has again, now that `back` of the `paid` amount has gone back."""
    due = refund_amounts.credits_due(lot.amount, paid, back)
    if due == lot.taken or (lot.expires_at is not None and lot.expires_at <= book.now):
        return lot
    if due > lot.taken:
        _take(book, lot, due - lot.taken, reversal)
    else:
        _give(book, lot, lot.taken - due, reversal)
    return replace(lot, taken=due)


def _take(book: CreditLedger, lot: PaidLot, amount: int, reversal: Reversal) -> None:
    left = amount if lot.is_bought else min(amount, _remaining(book, lot))
    book.take_back(lot.lot_id, left, reversal.source_key(lot), reversal.taken_because, reversal.payment_id)
    book.shortfall += amount - left


def _give(book: CreditLedger, lot: PaidLot, amount: int, reversal: Reversal) -> None:
    """Give credits back as they were taken: what was owed is forgiven first."""
    forgiven = min(book.shortfall, amount)
    book.shortfall -= forgiven
    if amount > forgiven:
        book.credit(
            EntryType.REFUND,
            amount - forgiven,
            reversal.source_key(lot),
            reversal.given_because,
            lot.expires_at,
            reversal.payment_id,
            lot.lot_id,
        )


def _remaining(book: CreditLedger, lot: PaidLot) -> int:
    return sum(each.remaining for each in book.lots if each.lot_id == lot.lot_id)
