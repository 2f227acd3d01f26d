"""Credits of a spend that are returned, because what they paid for was not delivered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.billing.domain.credit_ledger import ledger_of
from chalicelib.billing.domain.credit_lots import SpentLot, parse_spent_lots
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import CreditEntry
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository.identity_map import IdentityMap, Key, entry_unique_keys, head_key, owner_key
from chalicelib.billing.service import credits
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

PartsByLedger = dict[str, list[SpentLot]]


def return_credits(owner_type: OwnerType, owner_id: str, request_key: str, reason: str | None = None) -> bool:
    """Return the credits that the owner spent with this request key to their lots, once.

    Each lot's part goes to the ledger that the lot's owner has now: a couple may have ended since. A part of somebody who
    is not registered any more goes to the caller. Returns False if nothing was spent with the key.
    """
    spent_key = credits.request_source_key("usage", owner_type, owner_id, request_key)
    return_key = credits.request_source_key("return", owner_type, owner_id, request_key)
    caller = owner_key(owner_type, owner_id)

    def decide(unit: UnitOfWork) -> bool:
        rows = IdentityMap()
        rows.read([caller, *entry_unique_keys([spent_key, return_key])])
        spent = rows.owner_of(ledger_rows.source_value_key(spent_key))
        if spent is None:
            return False
        entry = ledger_rows.get_entry(spent)
        lots = _spent_lots(entry, owner_id)
        rows.read(owner_key(owner_type, lot.owner_id) for lot in lots if lot.owner_id)
        parts = _by_ledger(rows, caller, entry, lots)
        rows.read(head_key(name) for name in parts)
        is_new = not rows.is_entered(return_key)
        for number, (name, part) in enumerate(sorted(parts.items())):
            head = rows.head(name)
            ledger = ledger_rows.opened(head)
            if is_new:
                ledger.give_back_spent(part, f"{return_key}/{number}" if number else return_key, reason)
            credits.close(unit, head, ledger)
        return True

    return run_unit_of_work(decide)


def _spent_lots(entry: CreditEntry, owner_id: str) -> tuple[SpentLot, ...]:
    """Return the lots that a spend took credits from; one lot of the owner if an earlier release spent."""
    return parse_spent_lots(entry.spent_lots or []) or (SpentLot(entry.id, -entry.amount, None, owner_id),)


def _by_ledger(rows: IdentityMap, caller: Key, entry: CreditEntry, lots: Iterable[SpentLot]) -> PartsByLedger:
    """Return the parts of a spend by the ledger that they return to."""
    customer = rows.customer(caller)
    home = ledger_of(customer) if customer else entry.relationship_id
    parts: PartsByLedger = {}
    for lot in lots:
        owner = rows.customer(owner_key(caller[1][0], lot.owner_id)) if lot.owner_id else None
        if owner is not None:
            parts.setdefault(ledger_of(owner), []).append(lot)
        else:
            is_same = home == entry.relationship_id and lot.owner_id is None
            parts.setdefault(home, []).append(lot if is_same else replace(lot, owner_id=caller[1][1]))
    return parts
