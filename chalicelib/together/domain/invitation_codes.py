"""Codes of invitations: 10 characters of Crockford's base 32, which are 50 bits.

A code is derived with a key from the invitation, so that a mail that is sent later holds the same code, and only a digest is
stored. Source: D. Crockford, "Base 32" (crockford.com/base32.html).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def derive(key: bytes, relationship_id: str, nonce: str) -> str:
    """Return the code of an invitation. `nonce` differs between the invitations of a relationship."""
    number = int.from_bytes(hmac.new(key, f"code/{relationship_id}/{nonce}".encode(), hashlib.sha256).digest())
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH))


def parse(text: str) -> str | None:
    """Return the code that a person typed, in upper case without hyphens and look-alikes; None if it is no code."""
    code = text.upper().translate(_READ_AS)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def digests(keys: Iterable[bytes], code: str) -> list[str]:
    """Return the digest of the code under each key, in hex."""
    return [hmac.new(key, f"digest/{code}".encode(), hashlib.sha256).hexdigest() for key in keys]
