"""Credits that move to another ledger because a couple forms or ends: each lot stays with its owner."""

from __future__ import annotations

from functools import partial

from chalicelib.billing.domain.credit_ledger import ledger_of
from chalicelib.billing.domain.credit_transfers import Transfer, transfer_lots
from chalicelib.billing.enums import OwnerType
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository import customers
from chalicelib.billing.repository.identity_map import IdentityMap, head_key, owner_key
from chalicelib.billing.service import credits
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work


def move_credits(event_id: str, source: str, target: str, owner_id: str, *, includes_unowned: bool = False) -> None:
    """Move a member's lots and shortfall from the ledger `source` to `target`, in steps of 40 lots.

    Register the member with the new ledger first: a registered member's credits go to the ledger that they are registered
    with when the step commits, and nothing moves while that is `source`. A repeated or late event therefore changes
    nothing, and after a crash the same call continues. `includes_unowned`: lots that an earlier release stored without an
    owner are the member's.
    """
    transfer = Transfer(event_id, owner_id, includes_unowned or source == owner_id)
    while run_unit_of_work(partial(_move, transfer=transfer, source=source, target=target)):
        pass


def _move(unit: UnitOfWork, transfer: Transfer, source: str, target: str) -> bool:
    """Move one step; return whether lots are left."""
    rows, owner = IdentityMap(), owner_key(OwnerType.MEMBER, transfer.owner_id)
    rows.read([owner, head_key(source), head_key(target)])
    customer = rows.customer(owner)
    if customer is not None:
        target = ledger_of(customer)
        rows.read([head_key(target)])
    if target == source:
        return False
    if customer is not None:
        customers.require_registration(unit.transaction, customer)
    heads = rows.head(source), rows.head(target)
    ledgers = ledger_rows.opened(heads[0]), ledger_rows.opened(heads[1])
    is_unfinished = transfer_lots(transfer, *ledgers)
    # Also without a lot: a refund of a lot that was used up is owed where the next lots are.
    ledgers[0].moved_to[transfer.owner_id] = target
    ledgers[1].moved_to.pop(transfer.owner_id, None)
    for head, ledger in zip(heads, ledgers, strict=True):
        credits.close(unit, head, ledger)
    return is_unfinished
