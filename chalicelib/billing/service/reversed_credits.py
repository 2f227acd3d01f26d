"""Reversal of bought credits when their payment is returned."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.billing.domain.credit_ledger import CreditLedger, Reversal, source_key
from chalicelib.billing.domain.payments import credits_due
from chalicelib.billing.enums import DisputeStatus, PaymentKind
from chalicelib.billing.models import PaymentTransaction
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository.identity_map import IdentityMap, Key, owner_key
from chalicelib.billing.service import credits
from chalicelib.billing.service.lot_ledgers import ledger_of_lot, likely_head_keys
from chalicelib.kit.unit_of_work import UnitOfWork


def ledger_keys(rows: IdentityMap, row: PaymentTransaction) -> list[Key]:
    """Return the keys of the ledgers that bought credits are probably in."""
    if row.kind is not PaymentKind.CREDITS or not row.relationship_id:
        return []
    return likely_head_keys(rows, owner_key(row.owner_type, row.owner_id), [row.relationship_id])


def settle_purchase(unit: UnitOfWork, rows: IdentityMap, row: PaymentTransaction, reversal: Reversal) -> None:
    """Reverse the bought credits in proportion to the returned amount; suspend them during a dispute.

    The ledger is the one that the buyer's lots are in now: the buyer owes what is missing there.
    """
    if row.kind is not PaymentKind.CREDITS or not row.relationship_id:
        return
    buyer = owner_key(row.owner_type, row.owner_id)
    row.relationship_id = ledger_of_lot(rows, buyer, row.relationship_id, row.id)
    head = rows.head(row.relationship_id)
    ledger = ledger_rows.opened(head)
    if row.credits_owed is None and not row.credits_taken:
        row.credits_owed = 0
    due = credits_due(row.credits, row.amount, row.refunded_amount)
    amount = due - row.credits_taken
    reversal = replace(reversal, payer_id=row.owner_id)
    row.credits_owed = enter_reversal(ledger, row.id, amount, reversal, row.credits_owed)
    row.credits_taken = due
    ledger.suspend(row.id, row.dispute is DisputeStatus.OPEN)
    credits.close(unit, head, ledger)


def enter_reversal(
    ledger: CreditLedger, lot_id: str, amount: int, reversal: Reversal, owed: int | None = None
) -> int | None:
    """Reverse `amount` credits of a bought lot; restore them if the amount is negative.

    Returns the credits that the payment owes afterwards; it `owed` that many before. A payment owes the reversed credits
    that the ledger did not hold. It does not settle the shortfall of other payments. `owed` is None if an earlier release
    reversed credits without storing the number; the result is then None too.
    """
    before = ledger.shortfall
    key = source_key("refund", reversal.payment_id, str(reversal.version))
    if amount > 0:
        ledger.take_back(lot_id, amount, key, reversal.taken_because, reversal.payment_id, payer_id=reversal.payer_id)
    elif amount < 0:
        because, payment_id = reversal.given_because, reversal.payment_id
        ledger.give_back(lot_id, -amount, key, because, payment_id, owed, payer_id=reversal.payer_id)
    return None if owed is None else max(0, owed + ledger.shortfall - before)
