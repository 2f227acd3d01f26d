"""The tables of kit: unique values, idempotency records, locks, tombstones."""

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
    """A unique value that a row has claimed, written in the same transaction. Some expire with their row."""

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
    """The stored response of an Idempotency-Key, or the claim of the request in progress."""

    class Meta:
        table_name = tables.name("kit", "idempotency")

    key = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(null=True)
    """The caller; erasures find the row by it."""
    body_hash = UnicodeAttribute()
    status = EnumAttribute(IdempotencyStatus)
    in_progress_until = DateTimeAttribute(null=True)
    response = JsonAttribute(null=True)
    created_at = DateTimeAttribute()
    expires_epoch = ExpiryAttribute()


class Lock(Table):
    """A lock and its holder; `fence` increases with every new holder."""

    class Meta:
        table_name = tables.name("kit", "locks")

    name = UnicodeAttribute(hash_key=True)
    holder = UnicodeAttribute(null=True)
    fence = IntegerAttribute(default=0)
    held_until = DateTimeAttribute(null=True)
    watermark = UnicodeAttribute(null=True)


class Tombstone(Table):
    """An erased subject, stored by its pseudonym; messages about it are dropped."""

    class Meta:
        table_name = tables.name("kit", "tombstones")

    subject = UnicodeAttribute(hash_key=True)
    erased_at = DateTimeAttribute()
    expires_epoch = ExpiryAttribute()
