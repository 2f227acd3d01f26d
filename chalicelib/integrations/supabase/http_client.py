"""HTTP calls to the Management API. In `local` and `test`, a sandbox may replace Supabase."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from chalicelib.integrations.http_pools import http_pool
from chalicelib.integrations.supabase.errors import (
    SupabaseProjectMissing,
    SupabaseRefused,
    SupabaseThrottled,
    SupabaseUnauthorized,
    SupabaseUnavailable,
)
from chalicelib.kit import config

API = "https://api.supabase.com"
READ_TIMEOUT = 15
"""Seconds; the creation of a project takes several."""

_RETRY_AFTER = 5
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_ERRORS = {401: SupabaseUnauthorized, 403: SupabaseUnauthorized, 404: SupabaseProjectMissing}


class Refusal(Exception):
    """A 4xx answer: its status and its text, which stays in this package."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status)
        self.status = status
        self.text = text

    def error(self) -> SupabaseRefused:
        """Return the error for callers."""
        return _ERRORS.get(self.status, SupabaseRefused)(self.status)


def call(access_token: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Call the API and return the JSON of the answer. The path must consist of checked names.

    Raises Refusal for a 4xx, SupabaseUnauthorized if the text cannot be a token, SupabaseThrottled for a 429,
    SupabaseUnavailable if there is no answer, a 5xx or something other than JSON.
    """
    from urllib3.exceptions import HTTPError

    if not _TOKEN.fullmatch(access_token):
        raise SupabaseUnauthorized(401)
    url = (config.settings().vendor_base_urls.get("supabase") or API) + path
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        content = None if body is None else json.dumps(body).encode()
        response = http_pool(READ_TIMEOUT).request(method, url, body=content, headers=headers, redirect=False)
    except HTTPError as error:
        raise SupabaseUnavailable(retry_after=_RETRY_AFTER) from error
    if response.status == 429:
        raise SupabaseThrottled(retry_after=_parse_reset(response.headers))
    if 400 <= response.status < 500:
        raise Refusal(response.status, response.data.decode(errors="replace"))
    return _parse(response.status, response.data)


def _parse(status: int, content: bytes) -> Any:
    """Return the JSON of a 2xx answer."""
    try:
        if 200 <= status < 300:
            return json.loads(content or b"null")
    except ValueError as error:
        raise SupabaseUnavailable(retry_after=_RETRY_AFTER) from error
    raise SupabaseUnavailable(retry_after=_RETRY_AFTER)


def _parse_reset(headers: Any) -> int:
    """Return the seconds until the rate limit resets, 1 to 900 (docs: "Rate limits", X-RateLimit-Reset)."""
    try:
        return min(900, max(1, math.ceil(float(headers.get("X-RateLimit-Reset") or headers["Retry-After"]))))
    except (KeyError, ValueError, OverflowError):
        return 60
