"""Shopify's three signature schemes: OAuth query, app proxy query, webhook body. Each is an HMAC-SHA256.

Sources: shopify.dev, "Authorization code grant" (`hmac`), "Authenticate app proxies" (`signature`), "Verify webhook
deliveries" (`X-Shopify-Hmac-Sha256`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import quote

TOLERANCE = 90
"""Seconds that the timestamp of a query may differ from our clock, in either direction."""

Query = Mapping[str, Sequence[str]]

_UNSIGNED = {"hmac", "signature"}
_UNESCAPED = "-_.!~*'()"  # the characters that encodeURIComponent, which Shopify signs with, does not escape


def sign_oauth_query(query: Query, secret: str) -> str:
    """Return the hexadecimal HMAC of an OAuth query: sorted `key=value`, percent-encoded, joined by `&`."""
    pairs = sorted((name, value) for name, values in query.items() if name not in _UNSIGNED for value in values)
    text = "&".join(f"{quote(name, safe=_UNESCAPED)}={quote(value, safe=_UNESCAPED)}" for name, value in pairs)
    return _hex_hmac(text, secret)


def verify_oauth_signature(query: Query, secret: str, now: float) -> bool:
    """Return whether Shopify signed the OAuth query within TOLERANCE of `now` (epoch seconds), in constant time.

    False if any parameter is repeated: two readers might use different values of it.
    """
    signature, timestamp = query.get("hmac", [""]), query.get("timestamp", [""])
    if any(len(values) != 1 for values in query.values()):
        return False
    if not hmac.compare_digest(sign_oauth_query(query, secret).encode(), signature[0].encode()):
        return False
    return _is_recent(timestamp[0], now)


def sign_proxy_query(query: Query, secret: str) -> str:
    """Return the hexadecimal HMAC of an app proxy query: sorted `key=value`, no separator, values joined by commas."""
    pairs = sorted(f"{name}={','.join(values)}" for name, values in query.items() if name != "signature")
    return _hex_hmac("".join(pairs), secret)


def verify_proxy_signature(query: Query, secret: str, now: float) -> bool:
    """Return whether Shopify signed the app proxy query within TOLERANCE of `now` (epoch seconds), in constant time.

    The signature does not cover the request's body.
    """
    signature, timestamp, shop = (query.get(name, ()) for name in ("signature", "timestamp", "shop"))
    if not len(signature) == len(timestamp) == len(shop) == 1:
        return False
    if not hmac.compare_digest(sign_proxy_query(query, secret).encode(), signature[0].encode()):
        return False
    return _is_recent(timestamp[0], now)


def sign_webhook(body: bytes, secret: str) -> str:
    """Return the base64 HMAC of a webhook's raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def verify_webhook_signature(signature: str | None, body: bytes, secret: str) -> bool:
    """Return whether `signature` is that of the webhook's raw body, in constant time."""
    return hmac.compare_digest(sign_webhook(body, secret).encode(), (signature or "").encode())


def _hex_hmac(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _is_recent(timestamp: str, now: float) -> bool:
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16
    return is_number and abs(now - int(timestamp)) <= TOLERANCE
