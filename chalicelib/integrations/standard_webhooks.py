"""Standard Webhooks signatures: `v1,<base64 of HMAC-SHA256 over id.timestamp.body>`, several where a secret is rotated.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md. A secret is `whsec_` and base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

TOLERANCE = 300
"""Seconds that the timestamp may be off, either way."""


def sign(secret: str, message_id: str, timestamp: int | str, body: bytes) -> str:
    """The signature of a message, with its version in front. Raises ValueError for a secret that is not base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def is_genuine(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float) -> bool:
    """Whether one of the secrets signed the message within TOLERANCE of `now`. Header names are in lower case."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    is_time = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16
    if not message_id or not is_time or abs(now - int(timestamp)) > TOLERANCE:
        return False
    given = headers.get("webhook-signature", "").split(" ")
    wanted = [sign(secret, message_id, timestamp, body) for secret in secrets]
    return any(hmac.compare_digest(one.encode(), other.encode()) for one in given for other in wanted)
