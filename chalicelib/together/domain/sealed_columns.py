"""The encryption contexts of together's encrypted columns: each binds a value to its row and column."""

from __future__ import annotations


def notes_context(relationship_id: str, conversation_id: str) -> str:
    """Return the encryption context of a talk's notes."""
    return f"together/communication_log/{relationship_id}/{conversation_id}/notes"


def address_context(user_id: str, perk: str) -> str:
    """Return the encryption context of a perk's address."""
    return f"together/perks/{user_id}/{perk}/address"
