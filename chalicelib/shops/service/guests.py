"""Pseudonyms of guests: shoppers without a customer account. An order has only their e-mail address.

A pseudonym is the HMAC-SHA256 of the address under a random key of the shop. It depends on no key of the deployment, so
that a guest keeps it when those are rotated. The address itself enters no message, log or row.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from chalicelib.kit import logs
from chalicelib.kit.secrets import DecryptionFailed
from chalicelib.shops.repository import guest_keys

log = logs.logger("shops")


def pseudonymize(shop: str, app: str, address: str) -> str | None:
    """Return the pseudonym of an e-mail address in a shop, 64 hex digits; spaces around it and case are ignored.

    Returns None for an empty address, if the app was never installed, or if the shop's key cannot be decrypted.
    """
    normalized = address.strip().lower()
    if not normalized:
        return None
    try:
        key = guest_keys.find(shop, app) or _create_key(shop, app)
    except DecryptionFailed:
        log.exception("guest without a pseudonym: the shop's key cannot be decrypted", extra={"shop": shop, "app": app})
        return None
    return hmac.new(key.encode(), normalized.encode(), hashlib.sha256).hexdigest() if key else None


def _create_key(shop: str, app: str) -> str | None:
    """Store a random key unless a concurrent request did. Returns the stored key; None without an installation."""
    key = secrets.token_urlsafe(32)
    return key if guest_keys.add(shop, app, key) else guest_keys.find(shop, app)
