"""App proxy: the path in the shop's storefront that Shopify forwards to the app.

Source: shopify.dev/docs/apps/build/online-store/app-proxies.
"""

from __future__ import annotations

import re

DEFAULT_PREFIX = "/apps/studio"
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*/(a|apps|community|tools)/[A-Za-z0-9_-]+")


def require_path_prefix(prefix: str) -> str:
    """Return the app's path in the shop, as `path_prefix` of a query names it. Raises ValueError for another text.

    The signature is no proof of it: a visitor may add a second `path_prefix`, and Shopify signs both.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("not the path of an app proxy")
    return prefix
