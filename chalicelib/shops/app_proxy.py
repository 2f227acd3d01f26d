"""App proxy: the path in the shop's storefront that Shopify forwards to the app, and the visitor's address.

Source: shopify.dev/docs/apps/build/online-store/app-proxies and its page "Authenticate app proxies": the forwarded
request has the header `X-Forwarded-For: The client IP address`.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

DEFAULT_PREFIX = "/apps/studio"
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*/(a|apps|community|tools)/[A-Za-z0-9_-]+")


def require_path_prefix(prefix: str) -> str:
    """Return the app's path in the shop, as `path_prefix` of a query names it. Raises ValueError for another text.

    The signature is no proof of it: a visitor may add a second `path_prefix`, and Shopify signs both.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("not the path of an app proxy")
    return prefix


def visitor_address(forwarded_for: str, caller: str) -> str:
    """Return the visitor's address that Shopify's proxy wrote into X-Forwarded-For; empty if there is none.

    API Gateway appends the address of its caller, Shopify's proxy, and also reports it as `caller`. So the visitor's
    address is the entry before the last `caller`. A visitor can forge only entries before the one that Shopify wrote;
    these are ignored. Shopify's signature does not cover the header: while a signed URL is valid, a caller can skip the
    proxy and choose the address.
    """
    entries = [entry.strip() for entry in forwarded_for.split(",")]
    before_caller = entries[: len(entries) - 1 - entries[::-1].index(caller)] if caller in entries else []
    try:
        return str(ip_address(before_caller[-1])) if before_caller else ""
    except ValueError:
        return ""
