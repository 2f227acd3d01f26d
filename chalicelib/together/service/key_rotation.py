"""The encrypted columns of together, for the rotation of keys: notes of talks and addresses of perks."""

from __future__ import annotations

from chalicelib.shops.service.key_rotation import EncryptedTable
from chalicelib.together.domain.sealed_columns import address_context, notes_context
from chalicelib.together.models import Conversation, Perk

ENCRYPTED_TABLES = (
    EncryptedTable(
        Conversation,
        key=lambda row: (row.relationship_id, row.id),
        columns=("notes",),
        encryption_context=lambda row, _column: notes_context(row.relationship_id, row.id),
        lock=lambda _row: None,
    ),
    EncryptedTable(
        Perk,
        key=lambda row: (row.user_id, row.perk),
        columns=("address",),
        encryption_context=lambda row, _column: address_context(row.user_id, row.perk),
        lock=lambda _row: None,
    ),
)
