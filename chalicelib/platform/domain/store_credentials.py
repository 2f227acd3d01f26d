"""The key that a caller of a store's data API sent, compared with those in the store's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.platform.domain.store_keys import StoredKey, hash_key, split_key
from chalicelib.platform.domain.store_values import is_row_id
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
    ids = split_key(token)
    if ids is None or not is_row_id(ids[0]) or not ids[1].isalnum():
        return None
    return PresentedKey(*ids, hash_key(token))


def key_scope(api_keys: Mapping[str, StoredKey], key: PresentedKey) -> KeyScope | None:
    """Return the scope of a presented key; None if the store does not have the key."""
    entry = api_keys.get(key.key_id)
    return KeyScope(entry[SCOPE]) if entry and entry[DIGEST] == key.digest else None
