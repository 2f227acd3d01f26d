"""Shopify's Admin GraphQL API.

Sources: shopify.dev/docs/api/admin-graphql; .../api/usage/limits (calculated query cost, leaky bucket).
"""

from __future__ import annotations

import json
import math
import time
from typing import Any

from chalicelib.integrations.shopify import http_client
from chalicelib.integrations.shopify.errors import AccessDenied, ShopifyRefused, ShopifyThrottled

API_VERSION = "2026-10"

MAX_WAIT = 5.0
"""Seconds that a throttled call waits in total for points before ShopifyThrottled is raised."""


def graphql(shop: str, access_token: str, query: str, /, **variables: Any) -> dict[str, Any]:
    """Execute a GraphQL call and return its `data`. Waits up to MAX_WAIT if Shopify throttles the call.

    A field that the granted scopes do not cover is null if the object itself is readable. Raises AccessDenied if no
    scope or approval covers the object, ShopUnavailable for a frozen or closed shop, ShopifyRefused for an invalid token
    (401) or query, ShopifyThrottled, ShopifyUnavailable.
    """
    url = f"{http_client.admin_url(shop)}/api/{API_VERSION}/graphql.json"
    headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": access_token}
    content = _post_when_affordable(url, json.dumps({"query": query, "variables": variables}).encode(), headers)
    errors = content.get("errors") or []
    fatal_errors = [error for error in errors if not _is_hidden_field(error)]
    if fatal_errors or not content.get("data"):
        first = (fatal_errors or errors or [{}])[0]
        kind = AccessDenied if _is_access_denied(first) else ShopifyRefused
        raise kind(200, str(first.get("message", "unknown")))
    return dict(content["data"])


def _post_when_affordable(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """Send the call, after the wait that Shopify's throttle status asks for. Raises ShopifyThrottled."""
    total_wait = 0.0
    while True:
        content = http_client.post(url, body, headers)
        errors = content.get("errors") or []
        if not any((error.get("extensions") or {}).get("code") == "THROTTLED" for error in errors):
            return content
        wait = _seconds_until_affordable(content)
        if total_wait + wait > MAX_WAIT:
            raise ShopifyThrottled(retry_after=math.ceil(wait))
        time.sleep(wait)
        total_wait += wait


def _is_hidden_field(error: dict[str, Any]) -> bool:
    """Return whether only a field is null because of a missing scope; the object itself can be used."""
    return _is_access_denied(error) and len(error.get("path") or []) > 1


def _is_access_denied(error: dict[str, Any]) -> bool:
    return (error.get("extensions") or {}).get("code") == "ACCESS_DENIED"


def _seconds_until_affordable(content: dict[str, Any]) -> float:
    """Return the seconds until the bucket holds the points that the throttled call costs."""
    cost = (content.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing_points = (cost.get("requestedQueryCost") or 0) - (status.get("currentlyAvailable") or 0)
    return max(missing_points / (status.get("restoreRate") or 50), 0.1)
