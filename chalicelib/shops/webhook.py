"""Shopify's webhook deliveries: whether one is genuine, and what its headers say.

Source: shopify.dev/docs/apps/build/webhooks (headers; verify deliveries). Two families of headers carry the same
facts: `X-Shopify-*` and the newer `shopify-*`, which may leave the event id out. Where both came, the newer one counts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

REQUIRED = ("Topic", "Shop-Domain", "Webhook-Id")


class HeadersMissing(ValueError):
    """A genuine delivery whose headers do not say what it is; `names` are those that lack."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True, slots=True)
class Heading:
    """What the headers of a delivery say. `shop` is as it came; `triggered_at` is when the fact happened."""

    topic: str
    shop: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None


def sign(body: bytes, secret: str) -> str:
    """The base64 HMAC-SHA256 of a raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def is_genuine(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether the body was signed with the app's secret; constant time. Header names are in lower case."""
    return hmac.compare_digest(sign(body, secret).encode(), (_header(headers, "Hmac-Sha256") or "").encode())


def read(headers: Mapping[str, str]) -> Heading:
    """The heading of a delivery. Raises HeadersMissing where one lacks or its time cannot be read."""
    missing = [name for name in REQUIRED if not _header(headers, name)]
    triggered_at = _header(headers, "Triggered-At")
    try:
        moment = datetime.fromisoformat(triggered_at) if triggered_at else None
    except ValueError:
        moment = None
    if triggered_at and (moment is None or moment.tzinfo is None):
        missing.append("Triggered-At")
    if missing:
        raise HeadersMissing([f"X-Shopify-{name}" for name in missing])
    topic, shop, delivery_id = (_header(headers, name) or "" for name in REQUIRED)
    return Heading(topic.lower(), shop, delivery_id, _header(headers, "Event-Id"), moment)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    lower = name.lower()
    return headers.get(f"shopify-{lower}") or headers.get(f"x-shopify-{lower}")
