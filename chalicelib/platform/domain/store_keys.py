"""Keys with which a store's server calls the data API: `<store>.<key id>.<secret>`, of which only a hash is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.platform.enums import KeyScope

MAX_KEYS = 10
SECRET_BYTES = 32
KEY_ID_BYTES = 4
"""The id tells the keys of one store apart; the secret alone protects them."""

StoredKey = list[Any]
"""[SHA-256 of the key as shown (bytes), scope, name, created_at (epoch seconds)]."""


@dataclass(frozen=True, slots=True)
class StoreKey:
    """A key of a store, without its secret."""

    id: str
    scope: KeyScope
    name: str
    created_at: datetime


def join_key(store_id: str, key_id: str, secret: str) -> str:
    """Return the key as it is shown."""
    return f"{store_id}.{key_id}.{secret}"


def split_key(key: str) -> tuple[str, str] | None:
    """Return the store's id and the key's id of a key as it is shown; None for another text."""
    parts = key.split(".")
    return (parts[0], parts[1]) if len(parts) == 3 and all(parts) else None


def hash_key(key: str) -> bytes:
    """Return the SHA-256 of a key as it is shown. Its secret is random, so a fast hash is safe."""
    return hashlib.sha256(key.encode()).digest()


def stored_key(digest: bytes, key: StoreKey) -> StoredKey:
    """Return what the store's row holds of a key with this hash."""
    return [digest, key.scope.value, key.name, int(key.created_at.timestamp())]


def list_keys(stored: Mapping[str, StoredKey]) -> list[StoreKey]:
    """Return the keys of a store's row, the oldest first."""
    keys = [
        StoreKey(key_id, KeyScope(scope), name, datetime.fromtimestamp(created_at, UTC))
        for key_id, (_, scope, name, created_at) in stored.items()
    ]
    return sorted(keys, key=lambda key: (key.created_at, key.id))
