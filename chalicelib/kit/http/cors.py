"""CORS for the origins of the setting CORS_ORIGINS: their pages may call the API with tokens, never with cookies (ADR 45).

No response allows credentials, and `X-Backroom` is no allowed header. So a page of another origin can neither send a
cookie that counts nor refresh a session by one (`kit/http/cookies.py`). Source: Fetch standard, "CORS protocol".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.kit import config

REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Correlation-Id",
)
"""Headers that pages of the origins may send."""
RESPONSE_HEADERS = (
    "Deprecation",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "WWW-Authenticate",
    "X-Request-Id",
)
"""Headers that they may read, in addition to those that the Fetch standard always allows."""
MAX_AGE_SECONDS = 600
"""How long a browser keeps a preflight's answer: an origin that was removed is refused after that."""


def response_headers(request: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers to add to a response. Both are API Gateway's events, with their `headers`.

    A response that allows every origin stays as it is.
    """
    origins, headers = config.settings().cors_origins, response.get("headers") or {}
    if not origins or "Access-Control-Allow-Origin" in headers:
        return {}
    added = {"Vary": ", ".join(filter(None, (headers.get("Vary"), "Origin")))}
    origin = _header(request, "origin")
    if origin not in origins:
        return added
    exposed = {"Access-Control-Expose-Headers": ", ".join(RESPONSE_HEADERS)}
    return {**added, "Access-Control-Allow-Origin": origin, **exposed}


def is_preflight(request: Mapping[str, Any]) -> bool:
    """Return whether a request is a preflight of a page whose origin is allowed. The route answers all others."""
    is_options = request["requestContext"]["httpMethod"] == "OPTIONS"
    names_method = bool(_header(request, "access-control-request-method"))
    return is_options and names_method and _header(request, "origin") in config.settings().cors_origins


def preflight_headers(methods: Iterable[str]) -> dict[str, Any]:
    """Return the headers of a preflight's response for a route with these methods."""
    return {
        "Access-Control-Allow-Methods": ", ".join(sorted(methods)),
        "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
        "Cache-Control": "no-store",
    }


def _header(request: Mapping[str, Any], name: str) -> str:
    """Return a header of an event, whose names are as the client wrote them; empty if it is missing."""
    headers = request.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
