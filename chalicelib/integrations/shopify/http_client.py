"""HTTP calls to a shop's host. In `local` and `test`, a sandbox may replace it, with the shop as first path segment.

The client secret is sent to the shop's host, so callers must pass only validated shop domains.
"""

from __future__ import annotations

import json
import math
from typing import Any

from chalicelib.integrations.http_pools import http_pool
from chalicelib.integrations.shopify.errors import ShopifyThrottled, ShopifyUnavailable, ShopUnavailable, refusal
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

    Raises ShopUnavailable if the shop is unavailable (frozen, locked or closed), another ShopifyRefused for any other
    status than 200, ShopifyThrottled for a 429, ShopifyUnavailable if Shopify does not answer, answers with 5xx or with
    something other than a JSON object.
    """
    from urllib3.exceptions import HTTPError

    try:
        response = http_pool(READ_TIMEOUT).request("POST", url, body=body, headers=headers, redirect=False)
    except HTTPError as failure:
        raise ShopifyUnavailable(retry_after=_RETRY_AFTER) from failure
    if response.status == 429:
        raise ShopifyThrottled(retry_after=_parse_retry_after(response.headers.get("Retry-After")))
    content = _parse_object(response.data) if response.status < 500 else None
    if content is not None and response.status == 200:
        return content
    error = refusal(response.status, str((content or {}).get("error") or (content or {}).get("errors") or "unknown"))
    if content is None and not isinstance(error, ShopUnavailable):
        raise ShopifyUnavailable(retry_after=_RETRY_AFTER)
    raise error  # the body of a closed shop's response may be HTML


def _parse_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object; None if the body is not one."""
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _parse_retry_after(header: str | None) -> int:
    """Return whole seconds, 1 to 900; Shopify sends a fraction, such as `2.0`."""
    try:
        return min(900, max(1, math.ceil(float(header or _RETRY_AFTER))))
    except (ValueError, OverflowError):
        return _RETRY_AFTER
