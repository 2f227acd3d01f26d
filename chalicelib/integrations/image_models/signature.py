"""Sign and verify messages by Standard Webhooks: `v1,<base64 of HMAC-SHA256 over id.timestamp.body>`.

The header has several signatures during a secret rotation. A secret is `whsec_` followed by base64.
Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

TOLERANCE = 300
"""Maximum difference between the timestamp and now, in seconds, in either direction."""


def sign(secret: str, message_id: str, timestamp: int | str, body: bytes) -> str:
    """Return the signature of a message with its version prefix. Raises ValueError if the secret is not base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def verify_signature(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float) -> bool:
    """Return whether one of the secrets signed the message within TOLERANCE of `now` (epoch seconds).

    Header names must be in lower case. Raises ValueError if a secret is not base64.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    is_time = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16
    if not message_id or not is_time or abs(now - int(timestamp)) > TOLERANCE:
        return False
    given = headers.get("webhook-signature", "").split(" ")
    wanted = [sign(secret, message_id, timestamp, body) for secret in secrets]
    return any(hmac.compare_digest(one.encode(), other.encode()) for one in given for other in wanted)
