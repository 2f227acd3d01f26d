"""Verify Stripe webhook signatures.

Source: docs.stripe.com/webhooks, "Verify webhook signatures manually". The signature is HMAC-SHA256 over
`<t>.<raw body>`, in the header `t=…,v1=…[,v1=…]`. The header has several `v1` during a secret rotation. Other schemes
(`v0`) are ignored.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

TOLERANCE = 300
"""Maximum difference between the signed time and now, in seconds, in either direction."""


def verify_signature(header: str, body: bytes, secrets: Iterable[str], now: float) -> bool:
    """Return whether one of the secrets signed the body within TOLERANCE of `now` (epoch seconds).

    Compares signatures in constant time.
    """
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
    """Return the hexadecimal `v1` signature of `signed`, which is `<t>.<raw body>`."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
