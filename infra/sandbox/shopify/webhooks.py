"""Signed webhooks with Shopify's headers, in both families.

`webhooks` (https://shopify.dev/docs/apps/build/webhooks/delivery-structure) have headers `X-Shopify-*`. `events`
(https://shopify.dev/docs/apps/build/events/delivery-structure) have headers `shopify-*` and, since 2026-09-16, no event
id.
"""

import json
import uuid
from datetime import datetime
from typing import Any, Literal

from infra.sandbox.delivery import Webhook
from infra.sandbox.server import Json
from infra.sandbox.shopify.apps import API_VERSION, App
from infra.sandbox.shopify.signing import webhook_hmac

Family = Literal["webhooks", "events"]


def build_webhook(
    url: str,
    app: App,
    shop: str,
    topic: str,
    payload: Any,
    *,
    triggered_at: str,
    webhook_id: str | None = None,
    event_id: str | None = None,
    family: Family = "webhooks",
    api_version: str = API_VERSION,
) -> Webhook:
    """Build a webhook signed with the app's secret; missing ids are generated."""
    body = json.dumps(payload, separators=(",", ":")).encode()
    values = {
        "Topic": topic,
        "Hmac-Sha256": webhook_hmac(body, app.secret),
        "Shop-Domain": shop,
        "API-Version": api_version,
        "Webhook-Id": webhook_id or str(uuid.uuid4()),
        "Triggered-At": triggered_at,
    }
    if family == "webhooks":
        headers = {f"X-Shopify-{name}": value for name, value in values.items()}
        headers["X-Shopify-Event-Id"] = event_id or str(uuid.uuid4())
    else:
        headers = {f"shopify-{name.lower()}": value for name, value in values.items()}
    headers |= {"Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook"}
    return Webhook(url, headers, body)


def header(webhook: Webhook, name: str) -> str:
    """Return a Shopify header of either family, by a name such as `Webhook-Id`."""
    return webhook.headers.get(f"X-Shopify-{name}") or webhook.headers[f"shopify-{name.lower()}"]


def timestamp(at: datetime) -> str:
    """Format a time with nine decimals, as Shopify does.

    A parser that accepts at most six decimals therefore fails in tests.
    """
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z"


def to_row(webhook: Webhook, status: int | None, answer: str) -> Json:
    """Convert a delivery to a row of the log and the control routes."""
    return {
        "webhook_id": header(webhook, "Webhook-Id"),
        "topic": header(webhook, "Topic"),
        "status": status,
        "answer": answer,
        "url": webhook.url,
        "headers": webhook.headers,
        "body": webhook.body.decode(),
    }


def from_row(row: Json) -> Webhook:
    """Rebuild the webhook of a row, with the same headers and body."""
    return Webhook(row["url"], row["headers"], row["body"].encode())
