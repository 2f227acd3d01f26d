"""Credits and the ledger."""

from pydantic import Field

from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.kit.schemas import Input, Schema, Timestamp, TimestampInput


class CreditLotRead(Schema):
    """Credits of one grant or purchase that are left."""

    lot_id: str
    remaining: int
    expires_at: Timestamp | None = None
    is_suspended: bool = False


class CreditBalanceRead(Schema):
    """Credits at hand; `suspended` are not spendable while a dispute is open."""

    balance: int
    suspended: int
    shortfall: int
    """Owed: credits that were spent before their price went back."""
    lots: list[CreditLotRead]


class CreditEntryRead(Schema):
    """One change of the balance."""

    id: str
    entry_type: EntryType
    amount: int
    balance_after: int
    reason: str | None
    expires_at: Timestamp | None
    created_at: Timestamp


class CreditGrant(Input):
    """Credits that an operator gives; they last for ever unless told otherwise."""

    owner_type: OwnerType
    owner_id: str = Field(min_length=1, max_length=64)
    amount: int = Field(ge=1, le=1_000_000)
    reason: str = Field(min_length=1, max_length=200)
    expires_at: TimestampInput | None = None
