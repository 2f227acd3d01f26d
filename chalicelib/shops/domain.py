"""Shop domains. The client secret is sent to this host, so validation must accept nothing else.

Source: shopify.dev/docs/apps/build/authentication-authorization (the expression), and the URLs of the admin.
"""

from __future__ import annotations

import re

MAX_LENGTH = 253
"""Characters of a domain name (RFC 1035)."""

_SHOP = re.compile(r"([a-zA-Z0-9][a-zA-Z0-9\-_]*)\.myshopify\.(com|io)")
_ADMIN = re.compile(r"(?:https://)?admin\.shopify\.com/store/([a-zA-Z0-9][a-zA-Z0-9\-_]*)/?")


def normalize_shop_domain(text: str, *, development: bool = False) -> str | None:
    """Return the shop's domain in lower case, or None if `text` is no shop's domain or admin URL.

    Accepts `<name>.myshopify.com` and `admin.shopify.com/store/<name>`; in development also `<name>.myshopify.io`.
    """
    admin = _ADMIN.fullmatch(text)
    if admin and len(admin[1]) < MAX_LENGTH - len(".myshopify.com"):
        return f"{admin[1]}.myshopify.com".lower()
    shop = _SHOP.fullmatch(text)
    if shop is None or len(text) > MAX_LENGTH or (shop[2] == "io" and not development):
        return None
    return text.lower()


def store_name(shop: str) -> str:
    """Return `<name>` of `<name>.myshopify.com`, which the URLs of the admin contain."""
    return shop.partition(".")[0]
