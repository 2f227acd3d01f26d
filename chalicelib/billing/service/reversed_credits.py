"""Credits that were bought with a payment whose money went back: how many are taken or restored."""

from __future__ import annotations

from chalicelib.billing.domain.credit_ledger import CreditLedger, Reversal, source_key
from chalicelib.billing.domain.payments import credits_due
from chalicelib.billing.enums import DisputeStatus, PaymentKind
from chalicelib.billing.models import PaymentTransaction
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository.identity_map import IdentityMap, Key, head_key
from chalicelib.billing.service import credits
from chalicelib.kit.unit_of_work import UnitOfWork


def head_keys(row: PaymentTransaction) -> list[Key]:
    """Return the key of the ledger that bought credits are in."""
    return [head_key(row.relationship_id)] if row.kind is PaymentKind.CREDITS and row.relationship_id else []


def settle_purchase(unit: UnitOfWork, rows: IdentityMap, row: PaymentTransaction, reversal: Reversal) -> None:
    """Take back as many bought credits as the money that went back had bought; suspend them during a dispute.

    They are taken from the ledger that they were entered in, even if the buyer shares another one by now.
    """
    if row.kind is not PaymentKind.CREDITS or not row.relationship_id:
        return
    head = rows.head(row.relationship_id)
    ledger = ledger_rows.opened(head)
    if row.credits_owed is None and not row.credits_taken:
        row.credits_owed = 0
    due = credits_due(row.credits, row.amount, row.refunded_amount)
    row.credits_owed = enter_reversal(ledger, row.id, due - row.credits_taken, reversal, row.credits_owed)
    row.credits_taken = due
    ledger.suspend(row.id, row.dispute is DisputeStatus.OPEN)
    credits.close(unit, head, ledger)


def enter_reversal(
    ledger: CreditLedger, lot_id: str, amount: int, reversal: Reversal, owed: int | None = None
) -> int | None:
    """Enter that `amount` more credits of a bought lot go back with their money; a negative amount comes back.

    Returns what the payment owes after it, of which it `owed` some before: credits that were taken for it and were not
    there. Shortfalls of other payments are not its to settle. None: an earlier release took credits and did not store it.
    """
    before = ledger.shortfall
    key = source_key("refund", reversal.payment_id, str(reversal.version))
    if amount > 0:
        ledger.take_back(lot_id, amount, key, reversal.taken_because, reversal.payment_id)
    elif amount < 0:
        ledger.give_back(lot_id, -amount, key, reversal.given_because, reversal.payment_id, owed)
    return None if owed is None else max(0, owed + ledger.shortfall - before)
