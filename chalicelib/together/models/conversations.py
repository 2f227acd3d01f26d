"""Table of the talks."""

from __future__ import annotations

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    EnumAttribute,
    IntegerAttribute,
    SecretAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.together.enums import ConversationKind


class Conversation(Table):
    """A talk of a couple, written down by `initiated_by`. `id` is a UUIDv7 of `occurred_at`; `notes` is encrypted."""

    class Meta:
        table_name = tables.name("together", "communication_log")

    id = UnicodeAttribute(personal=False, range_key=True)
    relationship_id = UnicodeAttribute(personal=True, hash_key=True)
    initiated_by = UnicodeAttribute(personal=True)
    kind = EnumAttribute(ConversationKind, personal=False)
    topic = UnicodeAttribute(personal=True, null=True)
    duration_minutes = IntegerAttribute(personal=False, null=True)
    quality_rating = IntegerAttribute(personal=True, null=True)
    notes = SecretAttribute(personal=True, null=True)
    is_private = BooleanAttribute(personal=False, default=True)
    in_pause = BooleanAttribute(personal=False, default=False)
    occurred_at = DateTimeAttribute(personal=False)
    created_at = DateTimeAttribute(personal=False)
