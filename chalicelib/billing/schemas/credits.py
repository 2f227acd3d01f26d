"""Credits and the ledger."""

from __future__ import annotations

from chalicelib.billing.enums import EntryType
from chalicelib.kit.schemas import Moment, Schema


class CreditLotRead(Schema):
    """Credits of one grant or purchase that are left."""

    lot_id: str
    remaining: int
    expires_at: Moment | None


class CreditBalanceRead(Schema):
    """Credits at hand; `suspended` are not spendable while a dispute is open."""

    balance: int
    suspended: int
    lots: list[CreditLotRead]


class CreditEntryRead(Schema):
    """One change of the balance."""

    id: str
    entry_type: EntryType
    amount: int
    balance_after: int
    reason: str | None
    expires_at: Moment | None
    created_at: Moment
