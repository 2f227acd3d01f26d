"""Keyed hashes with our own rotating keys, one derived key a purpose: a state can never pass as a cursor."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache

from chalicelib.kit import config, secret_reader
from chalicelib.kit.config import SettingMissing

_LOCAL_KEYS = "local:not-a-secret-the-embedded-stack-has-none"


@cache
def _keys() -> dict[str, bytes]:
    """Key id to key, the signing one first. SIGNING_KEYS is `id:secret[,id:secret…]`."""
    text = secret_reader.secret("SIGNING_KEYS", None if config.settings().is_live else _LOCAL_KEYS)
    pairs = [part.strip().partition(":") for part in text.split(",")]
    if any(not key_id or len(key) < 16 for key_id, _, key in pairs):
        raise SettingMissing("SIGNING_KEYS must read id:secret[,id:secret], each secret of 16 characters or more")
    return {key_id: key.encode() for key_id, _, key in pairs}


def key(purpose: str) -> tuple[str, bytes]:
    """The id of the signing key and the 32 bytes derived from it for `purpose`."""
    return next(iter(keys(purpose).items()))


def keys(purpose: str) -> dict[str, bytes]:
    """Every accepted key, derived for `purpose`, by id."""
    return {key_id: _mac(secret, b"backroom/" + purpose.encode()) for key_id, secret in _keys().items()}


def sign(purpose: str, data: bytes) -> str:
    """`<data>.<key id>.<mac>` in base64url: readable by whoever holds it, made only by us."""
    key_id, secret = key(purpose)
    return ".".join([encode(data), encode(key_id.encode()), encode(_mac(secret, data))])


def verify(purpose: str, token: str) -> bytes | None:
    """The data that was signed for `purpose`, or None for anything else; constant time."""
    try:
        data, key_id, mac = (decode(part) for part in token.split("."))
        secret = keys(purpose)[key_id.decode()]
    except (ValueError, KeyError):
        return None
    return data if hmac.compare_digest(mac, _mac(secret, data)) else None


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The inverse of `encode`. Raises ValueError for other text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(secret: bytes, data: bytes) -> bytes:
    return hmac.new(secret, data, hashlib.sha256).digest()


def forget() -> None:
    """Drop the keys that were read; for tests that rotate them."""
    _keys.cache_clear()
