"""The tables of the technique itself: uniqueness, idempotency, locks, tombstones."""

from __future__ import annotations

from enum import StrEnum

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class UniqueValue(Table):
    """One claimed value that must stay unique, written in the transaction that needs it; some lapse with their row."""

    class Meta:
        table_name = tables.name("kit", "guards")

    guard = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute()
    created_at = DateTimeAttribute()
    expires_epoch = ExpiryAttribute(null=True)


class IdempotencyStatus(StrEnum):
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class IdempotencyRecord(Table):
    """The answer that was given to an Idempotency-Key, or the claim of who is working on it."""

    class Meta:
        table_name = tables.name("kit", "idempotency")

    key = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(null=True)
    """Whose request it was: what an erasure looks for."""
    body_hash = UnicodeAttribute()
    status = EnumAttribute(IdempotencyStatus)
    in_progress_until = DateTimeAttribute(null=True)
    response = JsonAttribute(null=True)
    created_at = DateTimeAttribute()
    expires_epoch = ExpiryAttribute()


class Lock(Table):
    """Who may do a thing that only one may do at a time; `fence` rises with every new holder."""

    class Meta:
        table_name = tables.name("kit", "locks")

    name = UnicodeAttribute(hash_key=True)
    holder = UnicodeAttribute(null=True)
    fence = IntegerAttribute(default=0)
    held_until = DateTimeAttribute(null=True)
    watermark = UnicodeAttribute(null=True)


class Tombstone(Table):
    """A subject that was erased, by its pseudonym: messages that name it are dropped."""

    class Meta:
        table_name = tables.name("kit", "tombstones")

    subject = UnicodeAttribute(hash_key=True)
    erased_at = DateTimeAttribute()
    expires_epoch = ExpiryAttribute()
