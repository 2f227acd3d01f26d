"""Headers of webhook deliveries from Shopify.

Source: shopify.dev/docs/apps/build/webhooks (headers). Two families of headers carry the same values: `X-Shopify-*`
and the newer `shopify-*`, which may omit the event id. If both are present, the newer one is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

REQUIRED = ("Topic", "Shop-Domain", "Webhook-Id")


class HeadersMissing(ValueError):
    """A signed delivery lacks headers or has malformed ones; `names` lists them."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True, slots=True)
class WebhookHeaders:
    """The headers of a delivery. `shop` is not validated; `triggered_at` is when the event happened."""

    topic: str
    shop: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None


def find_signature(headers: Mapping[str, str]) -> str | None:
    """Return the base64 HMAC of a delivery, or None. Header names are in lower case."""
    return _find_header(headers, "Hmac-Sha256")


def parse_webhook_headers(headers: Mapping[str, str]) -> WebhookHeaders:
    """Parse the headers of a delivery; their names are in lower case. Raises HeadersMissing."""
    missing = [name for name in REQUIRED if not _find_header(headers, name)]
    triggered_at = _find_header(headers, "Triggered-At")
    try:
        moment = datetime.fromisoformat(triggered_at) if triggered_at else None
    except ValueError:
        moment = None
    if triggered_at and (moment is None or moment.tzinfo is None):
        missing.append("Triggered-At")
    if missing:
        raise HeadersMissing([f"X-Shopify-{name}" for name in missing])
    topic, shop, delivery_id = (_find_header(headers, name) or "" for name in REQUIRED)
    return WebhookHeaders(topic.lower(), shop, delivery_id, _find_header(headers, "Event-Id"), moment)


def _find_header(headers: Mapping[str, str], name: str) -> str | None:
    lower = name.lower()
    return headers.get(f"shopify-{lower}") or headers.get(f"x-shopify-{lower}")
