"""The merchant's page for the watermark, inside Shopify's admin: every change is seen on the server's own preview.

The page itself holds nothing of any shop: it reads and writes with the session token that App Bridge gives it.
Sources: shopify.dev/docs/api/app-bridge-library, shopify.dev/docs/apps/build/security/set-up-iframe-protection.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from chalicelib.studio.domain.watermark import Position
from chalicelib.studio.pages.document import Document, compose

APP_BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
"""Shopify asks that it is loaded from there, always."""

_NAMES = {
    Position.TOP_LEFT: "Top left",
    Position.TOP_RIGHT: "Top right",
    Position.CENTER: "Centre",
    Position.BOTTOM_LEFT: "Bottom left",
    Position.BOTTOM_RIGHT: "Bottom right",
}


def setting(api_key: str, shop: str | None, stand_in: str | None = None) -> Document:
    """The page; `api_key` is the Shopify app's, which App Bridge wants to know.

    Only the admin of `shop` may frame it; `stand_in` is the address of Shopify's, if any.
    """
    bridge = f"{stand_in}/app-bridge.js" if stand_in else APP_BRIDGE
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(bridge))
    frames = " ".join(filter(None, [f"https://{shop}" if shop else None, "https://admin.shopify.com", stand_in]))
    fields = {
        "api_key": escape(api_key),
        "app_bridge": escape(bridge),
        "positions": "\n".join(_place(position, name) for position, name in _NAMES.items()),
    }
    # App Bridge talks to the admin around it by messages, and to Shopify for the session token.
    policy = {
        "script-src": origin,
        "img-src": "data:",
        "connect-src": f"'self' {origin} {stand_in or 'https://*.shopify.com'}",
        "frame-ancestors": frames,
    }
    return compose("watermark.html", "watermark.css", "watermark.js", fields, policy)


def _place(position: Position, name: str) -> str:
    checked = " checked" if position is Position.BOTTOM_RIGHT else ""
    return f'<label class="line"><input type="radio" name="position" value="{position.value}"{checked}>{name}</label>'
