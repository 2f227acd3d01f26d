"""The encryption contexts of platform's encrypted columns: each binds a value to its row and column."""

from __future__ import annotations


def totp_context(user_id: str) -> str:
    """Return the encryption context of an account's TOTP secret."""
    return f"platform/users/{user_id}/totp_secret"
