"""Credits of a payment whose money went back: which ledgers hold them, and how many are taken or restored."""

from __future__ import annotations

from chalicelib.billing.domain import paid_lots
from chalicelib.billing.domain.paid_lots import PaidLot, Reversal
from chalicelib.billing.enums import DisputeStatus, PaymentKind
from chalicelib.billing.models import PaymentTransaction
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository.identity_map import IdentityMap, Key, head_key
from chalicelib.billing.service import credits
from chalicelib.billing.service.effects import Effects


def head_keys(row: PaymentTransaction) -> list[Key]:
    """Return the keys of the ledgers that the payment names."""
    return [head_key(lot.ledger) for lot in _lots_of(row) if lot.ledger != paid_lots.OF_GIFT]


def gift_head_keys(found: IdentityMap, row: PaymentTransaction) -> list[Key]:
    """Return the key of the ledger that a redeemed gift's credits are in, once the gift is read."""
    gift = found.gift(str(row.item)) if row.kind is PaymentKind.GIFT else None
    return [head_key(gift.relationship_id)] if gift and gift.relationship_id else []


def settle_credits(effects: Effects, found: IdentityMap, row: PaymentTransaction, reversal: Reversal) -> None:
    """Take back as many credits as the money that went back had brought, and suspend bought ones during a dispute.

    They are taken from the ledger that they were entered in, even if the buyer shares another one by now.
    """
    lots = _lots_of(row)
    for ledger_id in filter(None, dict.fromkeys(_ledger_of(found, row, lot) for lot in lots)):
        head = found.head(ledger_id)
        book = ledger_rows.opened(head)
        for number, lot in enumerate(lots):
            if _ledger_of(found, row, lot) == ledger_id:
                lots[number] = paid_lots.settle(book, lot, row.amount, row.refunded_amount, reversal)
        book.suspend(row.id, row.dispute is DisputeStatus.OPEN)
        credits.close(effects, head, book)
    row.credits_taken = next((lot.taken for lot in lots if lot.is_bought), row.credits_taken)
    row.grants = paid_lots.written(lot for lot in lots if not lot.is_bought)


def _lots_of(row: PaymentTransaction) -> list[PaidLot]:
    """Return the lots of credits that the payment bought or was granted."""
    granted = paid_lots.read(row.grants)
    if row.kind is not PaymentKind.CREDITS or not row.relationship_id:
        return granted
    return [PaidLot(row.id, row.relationship_id, row.credits, row.credits_taken, is_bought=True), *granted]


def _ledger_of(found: IdentityMap, row: PaymentTransaction, lot: PaidLot) -> str | None:
    """Return the ledger of a lot; None if its owner was erased."""
    if lot.ledger != paid_lots.OF_GIFT:
        return lot.ledger
    gift = found.gift(str(row.item))
    return gift.relationship_id if gift else None
