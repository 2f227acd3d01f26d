"""App proxy signatures: how Shopify vouches for the query of a storefront call. The body is not covered.

Source: shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

TOLERANCE = 90
"""Seconds that the timestamp may be off, either way."""

DEFAULT_PREFIX = "/apps/studio"
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*/(a|apps|community|tools)/[A-Za-z0-9_-]+")

Query = Mapping[str, Sequence[str]]


def sign(query: Query, secret: str) -> str:
    """The hexadecimal signature of a query: sorted `key=value`, no separators, repeated values joined by commas."""
    pairs = sorted(f"{name}={','.join(values)}" for name, values in query.items() if name != "signature")
    return hmac.new(secret.encode(), "".join(pairs).encode(), hashlib.sha256).hexdigest()


def is_genuine(query: Query, secret: str, now: float) -> bool:
    """Whether Shopify signed the query within TOLERANCE of `now` (epoch seconds). Constant time in the signature."""
    signature, timestamp, shop = (query.get(name, ()) for name in ("signature", "timestamp", "shop"))
    if not len(signature) == len(timestamp) == len(shop) == 1:
        return False
    if not hmac.compare_digest(sign(query, secret).encode(), signature[0].encode()):
        return False
    is_time = timestamp[0].isascii() and timestamp[0].isdigit() and len(timestamp[0]) < 16
    return is_time and abs(now - int(timestamp[0])) <= TOLERANCE


def checked_prefix(prefix: str) -> str:
    """The app's path in the shop, which Shopify gives with every call. Raises ValueError for what is none.

    A visitor may have put another into the address: Shopify then signs both.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("not the path of an app proxy")
    return prefix
