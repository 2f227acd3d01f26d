"""Shop domains: which text names a shop. The client secret is sent to that host, so nothing else may pass.

Source: shopify.dev/docs/apps/build/authentication-authorization (the expression), and the admin's own addresses.
"""

from __future__ import annotations

import re

_SHOP = re.compile(r"([a-zA-Z0-9][a-zA-Z0-9\-_]*)\.myshopify\.(com|io)")
_ADMIN = re.compile(r"(?:https://)?admin\.shopify\.com/store/([a-zA-Z0-9][a-zA-Z0-9\-_]*)/?")


def normalize_shop_domain(text: str, *, development: bool = False) -> str | None:
    """The shop's domain in lower case, or None where `text` names no shop.

    Takes `<name>.myshopify.com` and `admin.shopify.com/store/<name>`; in development `<name>.myshopify.io` as well.
    """
    admin = _ADMIN.fullmatch(text)
    if admin:
        return f"{admin[1]}.myshopify.com".lower()
    shop = _SHOP.fullmatch(text)
    if shop is None or (shop[2] == "io" and not development):
        return None
    return text.lower()


def store_name(shop: str) -> str:
    """`<name>` of `<name>.myshopify.com`: how the admin's addresses call the shop."""
    return shop.partition(".")[0]
