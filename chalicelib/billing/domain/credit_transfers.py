"""Transfers of lots between two ledgers, when a couple forms or ends. The sum over both stays the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.billing.domain.credit_ledger import CreditLedger, source_key
from chalicelib.billing.domain.credit_lots import CreditLot

LOTS_PER_TRANSFER = 40
"""Lots that one transaction moves: two entries each, with both heads and the check of the owner 83 of 100 writes."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What moves: the lots of an owner and what they owe. `event_id` names the cause.

    With `includes_unowned` also what names no owner, because an earlier release stored it.
    """

    event_id: str
    owner_id: str
    includes_unowned: bool = False

    def moves(self, lot: CreditLot) -> bool:
        """Return whether the lot moves."""
        return lot.owner_id == self.owner_id or (self.includes_unowned and lot.owner_id is None)


def transfer_lots(transfer: Transfer, source: CreditLedger, target: CreditLedger) -> bool:
    """Move at most LOTS_PER_TRANSFER lots and what the owner owes; return whether lots are left.

    A lot keeps its id, its expiry and its suspension, so that its expiry, refund or dispute finds it.
    """
    lots = [lot for lot in source.lots if transfer.moves(lot)]
    for lot in lots[:LOTS_PER_TRANSFER]:
        key = source_key("transfer", transfer.event_id, lot.lot_id)
        source.send_lot(lot, key, "moved")
        target.receive_lot(replace(lot, owner_id=transfer.owner_id), key, "moved")
    _transfer_debt(transfer, source, target)
    return len(lots) > LOTS_PER_TRANSFER


def _transfer_debt(transfer: Transfer, source: CreditLedger, target: CreditLedger) -> None:
    unowned = source.shortfall - sum(source.debts.values()) if transfer.includes_unowned else 0
    amount = source.debts.get(transfer.owner_id, 0) + unowned
    target.owe(source.forgive(amount, transfer.owner_id), transfer.owner_id)
