"""Webhook signatures: how Stripe vouches for a delivery, and when.

Source: docs.stripe.com/webhooks, "Verify webhook signatures manually": HMAC-SHA256 over `<t>.<raw body>`, header
`t=…,v1=…[,v1=…]`; several `v1` while a secret is rotated, other schemes (`v0`) count for nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

TOLERANCE = 300
"""Seconds that the signed time may be off, either way."""


def is_genuine(header: str, body: bytes, secrets: Iterable[str], now: float) -> bool:
    """Whether one of the secrets signed the body within TOLERANCE of `now` (epoch seconds). Constant time."""
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name.strip() == "t"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) < 16):
        return False
    if abs(now - int(times[0])) > TOLERANCE:
        return False
    given = [value.strip().encode() for name, _, value in parts if name.strip() == "v1"]
    signed = times[0].encode() + b"." + body
    expected = [sign(signed, secret).encode() for secret in secrets]
    return any(hmac.compare_digest(mine, theirs) for mine in expected for theirs in given)


def sign(signed: bytes, secret: str) -> str:
    """The hexadecimal `v1` signature of `<t>.<raw body>`."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
