"""Cookies of browsers' sessions: for one path, out of reach of scripts, and read only with a header of our pages.

A page of another origin cannot send the header `X-Backroom` (OWASP, "Cross-Site Request Forgery Prevention").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from chalicelib.kit import config
from chalicelib.kit.errors import Forbidden

PAGE_HEADER = "X-Backroom"


def is_from_page(headers: Mapping[str, str]) -> bool:
    """Return whether the request, with header names in lower case, was sent by one of our pages."""
    return PAGE_HEADER.lower() in headers


def require_page(headers: Mapping[str, str]) -> None:
    """Raise Forbidden if the request was not sent by one of our pages."""
    if not is_from_page(headers):
        raise Forbidden(f"Send the header `{PAGE_HEADER}` to use cookies.")


def read_cookie(headers: Mapping[str, str], name: str) -> str | None:
    """Return the value of a cookie; None without it, or if the request was not sent by one of our pages."""
    if not is_from_page(headers):
        return None
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    return cookies[name].value if name in cookies else None


def set_cookie(name: str, value: str, path: str, lifetime: timedelta) -> str:
    """Return the header that sets a cookie for a path of this API, e.g. `/v1/…`. A lifetime of zero removes it."""
    settings = config.settings()
    parts = [
        f"{name}={value}",
        f"Path={urlsplit(settings.public_url).path}{path}",
        f"Max-Age={int(lifetime.total_seconds())}",
        "HttpOnly",
        "SameSite=Strict",
    ]
    return "; ".join([*parts, "Secure"] if settings.is_live else parts)
