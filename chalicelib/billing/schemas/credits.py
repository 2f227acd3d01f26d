"""Credits and the credit ledger in the API."""

from pydantic import Field

from chalicelib.billing.enums import EntryType, OwnerType
from chalicelib.kit.schemas import Input, Schema, Timestamp, TimestampInput


class CreditLotRead(Schema):
    """The remaining credits of one grant or purchase."""

    lot_id: str
    remaining: int
    expires_at: Timestamp | None = None
    is_suspended: bool = False


class CreditBalanceRead(Schema):
    """A credit balance. `suspended` credits cannot be spent while a dispute is open."""

    balance: int
    suspended: int
    shortfall: int
    """Credits owed: they were spent before their payment was reversed."""
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
    """Credits that an operator grants. Without `expires_at` they never expire."""

    owner_type: OwnerType
    owner_id: str = Field(min_length=1, max_length=64)
    amount: int = Field(ge=1, le=1_000_000)
    reason: str = Field(min_length=1, max_length=200)
    expires_at: TimestampInput | None = None
