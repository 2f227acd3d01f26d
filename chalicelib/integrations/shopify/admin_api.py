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

_RESTORE_RATE = 50
"""Points a second of the smallest plan, for a response that does not state it."""

MAX_WAIT = 5.0
"""Seconds that a throttled call waits in total for points before ShopifyThrottled is raised."""


def graphql(shop: str, access_token: str, query: str, /, **variables: Any) -> dict[str, Any]:
    """Execute a GraphQL call and return its `data`. Waits up to MAX_WAIT if Shopify throttles the call.

    A field that the granted scopes do not cover is null if the object itself is readable. Raises AccessDenied if no
    scope or approval covers the object, ShopUnavailable for an unavailable shop, ShopifyRefused for an invalid token
    (401) or query, ShopifyThrottled, ShopifyUnavailable.
    """
    url = f"{http_client.admin_url(shop)}/api/{API_VERSION}/graphql.json"
    headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": access_token}
    content = _post_when_affordable(url, json.dumps({"query": query, "variables": variables}).encode(), headers)
    errors, data = _errors_of(content), content.get("data")
    fatal_errors = [error for error in errors if not _is_hidden_field(error)]
    if fatal_errors or not data or not isinstance(data, dict):
        first = (fatal_errors or errors or [{}])[0]
        kind = AccessDenied if _is_access_denied(first) else ShopifyRefused
        raise kind(200, str(first.get("message", "unknown")))
    return data


def _post_when_affordable(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """Send the call, after the wait that Shopify's throttle status asks for. Raises ShopifyThrottled."""
    total_wait = 0.0
    while True:
        content = http_client.post(url, body, headers)
        if not any(_code_of(error) == "THROTTLED" for error in _errors_of(content)):
            return content
        wait = _seconds_until_affordable(content)
        if total_wait + wait > MAX_WAIT:
            raise ShopifyThrottled(retry_after=math.ceil(wait))
        time.sleep(wait)
        total_wait += wait


def _errors_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the errors of a response as a list of objects with `message`.

    GraphQL returns such a list. If Shopify refuses the whole call, `errors` is a text or an object of texts by field.
    """
    errors = content.get("errors") or []
    if isinstance(errors, dict) and "message" not in errors:
        errors = [f"{field}: {text}" for field, text in errors.items()]
    each = errors if isinstance(errors, list) else [errors]
    return [error if isinstance(error, dict) else {"message": str(error)} for error in each]


def _code_of(error: dict[str, Any]) -> Any:
    return _object(error.get("extensions")).get("code")


def _is_hidden_field(error: dict[str, Any]) -> bool:
    """Return whether only a field is null because of a missing scope; the object itself can be used."""
    path = error.get("path")
    return _is_access_denied(error) and isinstance(path, list) and len(path) > 1


def _is_access_denied(error: dict[str, Any]) -> bool:
    return bool(_code_of(error) == "ACCESS_DENIED")


def _seconds_until_affordable(content: dict[str, Any]) -> float:
    """Return the seconds until the bucket holds the points that the throttled call costs."""
    cost = _object(_object(content.get("extensions")).get("cost"))
    status = _object(cost.get("throttleStatus"))
    missing_points = _number(cost.get("requestedQueryCost")) - _number(status.get("currentlyAvailable"))
    return max(missing_points / (_number(status.get("restoreRate")) or _RESTORE_RATE), 0.1)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0
