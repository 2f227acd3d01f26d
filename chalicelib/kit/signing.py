"""HMAC signatures with rotating keys. Each purpose has a derived key, so that e.g. an OAuth state is no valid cursor."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from chalicelib.kit import config, secret_reader
from chalicelib.kit.config import SettingMissing

_LOCAL_KEYS = "local:not-a-secret-the-embedded-stack-has-none"


def _keys() -> dict[str, bytes]:
    """Return the keys by id, the signing key first. Raises SettingMissing if there are none or they are malformed."""
    return parse_keys(secret_reader.secret("SIGNING_KEYS", None if config.settings().is_live else _LOCAL_KEYS))


@lru_cache(maxsize=1)
def parse_keys(text: str) -> dict[str, bytes]:
    """Return the keys by id of SIGNING_KEYS: `id:secret[,id:secret…]`. Raises SettingMissing if it is malformed."""
    pairs = [part.strip().partition(":") for part in text.split(",")]
    if any(not key_id or len(key) < 16 for key_id, _, key in pairs):
        raise SettingMissing("SIGNING_KEYS must read id:secret[,id:secret], each secret of 16 characters or more")
    return {key_id: key.encode() for key_id, _, key in pairs}


def key(purpose: str) -> tuple[str, bytes]:
    """Return the id of the signing key and the 32 bytes derived from it for `purpose`."""
    return next(iter(keys(purpose).items()))


def keys(purpose: str) -> dict[str, bytes]:
    """Return every accepted key by id, derived for `purpose`."""
    return {key_id: _mac(secret, b"backroom/" + purpose.encode()) for key_id, secret in _keys().items()}


def sign(purpose: str, data: bytes) -> str:
    """Return `<data>.<key id>.<mac>` in base64url: signed, not encrypted."""
    key_id, secret = key(purpose)
    return ".".join([encode(data), encode(key_id.encode()), encode(_mac(secret, data))])


def verify(purpose: str, token: str) -> bytes | None:
    """Return the data that was signed for `purpose`; None if the signature is invalid. Compares in constant time."""
    try:
        data, key_id, mac = (decode(part) for part in token.split("."))
        secret = keys(purpose)[key_id.decode()]
    except (ValueError, KeyError):
        return None
    return data if hmac.compare_digest(mac, _mac(secret, data)) else None


def keyed_digest(purpose: str, data: bytes) -> str:
    """Return a digest that only the holder of the present signing key can compute: 43 characters of base64url."""
    return encode(_mac(key(purpose)[1], data))


def is_keyed_digest(purpose: str, data: bytes, text: str) -> bool:
    """Return whether `text` is the keyed digest of the data with any accepted key. Compares in constant time."""
    digests = [encode(_mac(secret, data)) for secret in keys(purpose).values()]
    return any(hmac.compare_digest(each.encode(), text.encode()) for each in digests)


def digest(data: bytes) -> str:
    """Return the SHA-256 digest in hex."""
    return hashlib.sha256(data).hexdigest()


def encode(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Decode base64url without padding. Raises ValueError for other text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(secret: bytes, data: bytes) -> bytes:
    return hmac.new(secret, data, hashlib.sha256).digest()
