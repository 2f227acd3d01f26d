"""The tables of kit: unique values, idempotency records, locks, tombstones, cached values, sessions, attempts."""

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

    guard = UnicodeAttribute(personal=True, hash_key=True)
    owner = UnicodeAttribute(personal=True)
    created_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False, null=True)


class IdempotencyStatus(StrEnum):
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class IdempotencyRecord(Table):
    """The stored response of an Idempotency-Key, or the claim of the request in progress."""

    class Meta:
        table_name = tables.name("kit", "idempotency")

    key = UnicodeAttribute(personal=False, hash_key=True)
    subject = UnicodeAttribute(personal=True, null=True)
    """The caller; erasures find the row by it."""
    body_hash = UnicodeAttribute(personal=False)
    status = EnumAttribute(IdempotencyStatus, personal=False)
    in_progress_until = DateTimeAttribute(personal=False, null=True)
    response = JsonAttribute(personal=True, null=True)
    response_url = UnicodeAttribute(personal=False, null=True)
    """The address of a response that is too large for the row."""
    created_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class Lock(Table):
    """A lock and its holder; `fence` increases with every new holder."""

    class Meta:
        table_name = tables.name("kit", "locks")

    name = UnicodeAttribute(personal=True, hash_key=True)
    holder = UnicodeAttribute(personal=False, null=True)
    fence = IntegerAttribute(personal=False, default=0)
    held_until = DateTimeAttribute(personal=False, null=True)
    watermark = UnicodeAttribute(personal=False, null=True)


class Tombstone(Table):
    """An erased subject, stored by its pseudonym; messages about it are dropped."""

    class Meta:
        table_name = tables.name("kit", "tombstones")

    subject = UnicodeAttribute(personal=False, hash_key=True)
    erased_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class CachedValue(Table):
    """A value of a data subject that costs many reads: text, gzipped, in base64. None if it is too large for an item."""

    class Meta:
        table_name = tables.name("kit", "cache")

    key = UnicodeAttribute(personal=True, hash_key=True)
    name = UnicodeAttribute(personal=False, range_key=True)
    value = UnicodeAttribute(personal=True, null=True)
    computed_at = DateTimeAttribute(personal=False, null=True)
    leased_until = DateTimeAttribute(personal=False, null=True)
    """Until then one caller computes the next value."""
    expires_epoch = ExpiryAttribute(personal=False)


class Session(Table):
    """A signed-in device of an account: one family of rotating refresh tokens.

    `subject` is `<role>:<account id>`. `generation` is that of the refresh token which is valid now. `expires_at` is 30
    days after the last use, at most `ends_at`. The table is keyed by subject because "end all" must see a session that was
    just made, which an index would not.
    """

    class Meta:
        table_name = tables.name("kit", "sessions")

    subject = UnicodeAttribute(personal=True, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)
    generation = IntegerAttribute(personal=False, default=0)
    rotated_at = DateTimeAttribute(personal=False)
    expires_at = DateTimeAttribute(personal=False)
    ends_at = DateTimeAttribute(personal=False)
    device = UnicodeAttribute(personal=True, null=True)
    created_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)


class Attempt(Table):
    """The failures of a window, counted before the work that they cost. `key` is `<purpose>/<keyed hash>`."""

    class Meta:
        table_name = tables.name("kit", "attempts")

    key = UnicodeAttribute(personal=False, hash_key=True)
    failures = IntegerAttribute(personal=False, default=0)
    blocked_until = DateTimeAttribute(personal=False, null=True)
    window_ends_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False)
