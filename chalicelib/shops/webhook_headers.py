"""Headers of webhook deliveries from Shopify.

Source: shopify.dev/docs/apps/build/webhooks (headers). Two families of headers carry the same values: `X-Shopify-*`
and the newer `shopify-*`, which may omit the event id. If both are present, the newer one is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.shops.webhook_topics import COMPLIANCE_TOPICS, canonical_topic

MAX_BYTES = {"Topic": 100, "Webhook-Id": 255, "Event-Id": 255}
"""Maximum length of values in bytes. They are parts of keys: DynamoDB allows 2,048 bytes, S3 1,024."""
_YEARS = range(2000, 2100)


class HeadersMissing(ValueError):
    """A signed delivery lacks headers or has malformed ones; `names` lists them."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True, slots=True)
class WebhookHeaders:
    """The headers of a delivery. `shop` is not validated; `triggered_at` is when the event happened.

    `triggered_at` is None if the header is missing or malformed; `is_time_malformed` distinguishes them.
    `shop` is None only for a compliance topic, whose body contains the shop. `api_version` is the API version of the payload.
    """

    topic: str
    shop: str | None
    webhook_id: str
    event_id: str | None
    triggered_at: datetime | None
    api_version: str | None
    is_time_malformed: bool = False


def find_signature(headers: Mapping[str, str]) -> str | None:
    """Return the base64 HMAC of a delivery, or None. Header names are in lower case."""
    return _find_header(headers, "Hmac-Sha256")


def parse_webhook_headers(headers: Mapping[str, str]) -> WebhookHeaders:
    """Parse the headers of a delivery; their names are in lower case.

    Raises HeadersMissing if a header without which the delivery cannot be stored is missing or malformed.
    """
    topic, shop = canonical_topic(_find_header(headers, "Topic") or ""), _find_header(headers, "Shop-Domain")
    webhook_id, triggered_at = _find_header(headers, "Webhook-Id"), _find_header(headers, "Triggered-At")
    moment = _parse_time(triggered_at)
    checks = {
        "Topic": bool(topic),
        "Shop-Domain": bool(shop) or topic in COMPLIANCE_TOPICS,
        "Webhook-Id": bool(webhook_id),
        "Event-Id": True,
    }
    missing = [name for name, is_valid in checks.items() if not is_valid or _is_too_long(headers, name)]
    if missing:
        raise HeadersMissing([f"X-Shopify-{name}" for name in missing])
    event_id, api_version = _find_header(headers, "Event-Id"), _find_header(headers, "Api-Version")
    is_time_malformed = bool(triggered_at) and moment is None
    return WebhookHeaders(topic, shop, webhook_id or "", event_id, moment, api_version, is_time_malformed)


def _parse_time(text: str | None) -> datetime | None:
    """Return the time; None if it is malformed, has no UTC offset, or is not in the years 2000 to 2099."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment if moment.tzinfo and moment.astimezone(UTC).year in _YEARS else None
    except (ValueError, OverflowError):
        return None


def _is_too_long(headers: Mapping[str, str], name: str) -> bool:
    limit = MAX_BYTES.get(name)
    return limit is not None and len((_find_header(headers, name) or "").encode()) > limit


def _find_header(headers: Mapping[str, str], name: str) -> str | None:
    lower = name.lower()
    return headers.get(f"shopify-{lower}") or headers.get(f"x-shopify-{lower}")
