"""HTTP calls to a shop's host. In `local` and `test`, a sandbox may replace it, with the shop as first path segment.

The client secret is sent to the shop's host, so callers must pass only validated shop domains.
"""

from __future__ import annotations

import json
import math
from typing import Any

from chalicelib.integrations.http_pools import http_pool
from chalicelib.integrations.shopify.errors import ShopifyRefused, ShopifyThrottled, ShopifyUnavailable
from chalicelib.kit import config

READ_TIMEOUT = 10
"""Seconds."""

_RETRY_AFTER = 2


def admin_url(shop: str) -> str:
    """Return the URL below which the shop's admin endpoints are, without a trailing slash."""
    sandbox = config.settings().vendor_base_urls.get("shopify")
    return f"{sandbox}/{shop}/admin" if sandbox else f"https://{shop}/admin"


def post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """Send a POST and return the JSON object of the response.

    Raises ShopifyRefused if the status is not 200, ShopifyThrottled for a 429, ShopifyUnavailable if Shopify does not
    answer, answers with 5xx or with something other than a JSON object.
    """
    from urllib3.exceptions import HTTPError

    try:
        response = http_pool(READ_TIMEOUT).request("POST", url, body=body, headers=headers, redirect=False)
        content = json.loads(response.data) if response.status < 500 else None
    except (HTTPError, ValueError) as error:
        raise ShopifyUnavailable(retry_after=_RETRY_AFTER) from error
    if response.status == 429:
        raise ShopifyThrottled(retry_after=_parse_retry_after(response.headers.get("Retry-After")))
    if not isinstance(content, dict):
        raise ShopifyUnavailable(retry_after=_RETRY_AFTER)
    if response.status != 200:
        raise ShopifyRefused(response.status, str(content.get("error") or content.get("errors") or "unknown"))
    return content


def _parse_retry_after(header: str | None) -> int:
    """Return whole seconds, 1 to 900; Shopify sends a fraction, such as `2.0`."""
    try:
        return min(900, max(1, math.ceil(float(header or _RETRY_AFTER))))
    except (ValueError, OverflowError):
        return _RETRY_AFTER
