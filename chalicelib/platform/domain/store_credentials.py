"""Keys of a store's data API: `<store id>.<key id>.<secret>`, of which the store's row holds the SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from chalicelib.platform.enums import KeyScope

DIGEST, SCOPE = 0, 1
"""Positions in a key's entry of `stores.api_keys`."""


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key as a caller sent it, not verified. `digest` is the SHA-256 of the whole text."""

    store_id: str
    key_id: str
    digest: bytes = field(repr=False)


def parse_key(token: str) -> PresentedKey | None:
    """Return the key in a bearer token; None for another token, such as a JWT, which has three parts as well."""
    parts = token.split(".")
    if len(parts) != 3 or not all(parts) or not is_row_id(parts[0]) or not parts[1].isalnum():
        return None
    return PresentedKey(parts[0], parts[1], hashlib.sha256(token.encode()).digest())


def is_row_id(text: str) -> bool:
    """Return whether the text is a UUID in lower case with hyphens."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def scope_of(api_keys: dict[str, list[object]], key: PresentedKey) -> KeyScope | None:
    """Return the scope of a presented key among those of its store; None if it is not one of them."""
    entry = api_keys.get(key.key_id)
    return KeyScope(str(entry[SCOPE])) if entry and entry[DIGEST] == key.digest else None
