"""The key of a shop's guest pseudonyms, encrypted in the row of its installation."""

from __future__ import annotations

from chalicelib.kit import secrets
from chalicelib.kit.tables import update_if
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import installations
from chalicelib.shops.repository.tokens import token_encryption_context


def find(shop: str, app: str) -> str | None:
    """Return the key in plain text; None if there is none. Raises DecryptionFailed."""
    row = installations.find(shop, app)
    if row is None or not row.guest_key:
        return None
    return secrets.decrypt(row.guest_key, token_encryption_context(shop, app, "guest_key"))


def add(shop: str, app: str, key: str) -> bool:
    """Store the shop's key, encrypted. Returns False if it has one already, or the app was never installed."""
    ciphertext = secrets.encrypt(key, token_encryption_context(shop, app, "guest_key"))
    condition = Shop.shop.exists() & Shop.guest_key.does_not_exist()
    return update_if(Shop(shop, app), [Shop.guest_key.set(ciphertext)], condition)
