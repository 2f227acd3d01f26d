"""Shopify's answer to an authorization request: whether it is genuine and recent.

Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import quote

TOLERANCE = 90
"""Seconds that the timestamp may be off, either way."""

Query = Mapping[str, Sequence[str]]

_UNSIGNED = {"hmac", "signature"}
_AS_THEY_ARE = "-_.!~*'()"  # what encodeURIComponent, which Shopify signs with, leaves alone


def sign(query: Query, secret: str) -> str:
    """The hexadecimal HMAC-SHA256 of a query: sorted `key=value`, percent-encoded, joined by `&`."""
    pairs = sorted((name, value) for name, values in query.items() if name not in _UNSIGNED for value in values)
    text = "&".join(f"{quote(name, safe=_AS_THEY_ARE)}={quote(value, safe=_AS_THEY_ARE)}" for name, value in pairs)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_genuine(query: Query, secret: str, now: float) -> bool:
    """Whether Shopify signed the query within TOLERANCE of `now` (epoch seconds). Constant time in the signature.

    A query that repeats any parameter is refused: two readers might see two different values.
    """
    signature, timestamp = query.get("hmac", [""]), query.get("timestamp", [""])
    if any(len(values) != 1 for values in query.values()):
        return False
    if not hmac.compare_digest(sign(query, secret).encode(), signature[0].encode()):
        return False
    is_time = timestamp[0].isascii() and timestamp[0].isdigit() and len(timestamp[0]) < 16
    return is_time and abs(now - int(timestamp[0])) <= TOLERANCE
