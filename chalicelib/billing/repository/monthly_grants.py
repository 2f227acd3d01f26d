"""Credits granted to each owner per calendar month."""

from __future__ import annotations

from chalicelib.billing.domain.monthly_grants import OwnerMonth
from chalicelib.billing.models import MonthlyGrant
from chalicelib.kit import clock
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction


def state_of(row: MonthlyGrant) -> OwnerMonth:
    """Return the state of the owner's month that the row holds."""
    claims = {int(size): count for size, count in row.claims.items()}
    return OwnerMonth(claims, row.granted, row.carried, tuple((ledger, lot) for ledger, lot in row.lots))


def stage_grant(transaction: Transaction, row: MonthlyGrant, state: OwnerMonth, relationship_id: str | None) -> None:
    """Stage the month's state if the row still has the version that was read.

    `row` has version 0 if it does not exist yet. The transaction fails with WriteConflict if the row has changed.
    """
    before = row.version
    changed = MonthlyGrant(
        row.owner,
        row.month,
        claims={str(size): count for size, count in sorted(state.claims.items()) if size and count},
        granted=state.granted,
        carried=state.carried,
        lots=[list(lot) for lot in state.lots],
        relationship_id=relationship_id,
        version=before + 1,
        updated_at=clock.now(),
    )
    unchanged = MonthlyGrant.version == before if before else MonthlyGrant.owner.does_not_exist()
    transaction.put(changed, condition=unchanged, otherwise=WriteConflict())
