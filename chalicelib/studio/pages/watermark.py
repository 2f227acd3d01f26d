"""The merchant's watermark page in Shopify's admin: each change is shown on a preview that the server renders.

The page contains no shop's data: it reads and writes with the session token of App Bridge.
Sources: shopify.dev/docs/api/app-bridge-library, shopify.dev/docs/apps/build/security/set-up-iframe-protection.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from chalicelib.studio.domain.watermark import Position
from chalicelib.studio.pages.document import Document, compose_document

APP_BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
"""Shopify requires this URL for App Bridge."""

_NAMES = {
    Position.TOP_LEFT: "Top left",
    Position.TOP_RIGHT: "Top right",
    Position.CENTER: "Centre",
    Position.BOTTOM_LEFT: "Bottom left",
    Position.BOTTOM_RIGHT: "Bottom right",
}


def settings_page(api_key: str, shop: str | None, sandbox_url: str | None = None) -> Document:
    """Return the page; App Bridge needs the Shopify app's `api_key`.

    Only the admin of `shop` may frame it; `sandbox_url` is the base URL of the Shopify sandbox, if there is one.
    """
    bridge = f"{sandbox_url}/app-bridge.js" if sandbox_url else APP_BRIDGE
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(bridge))
    frames = " ".join(filter(None, [f"https://{shop}" if shop else None, "https://admin.shopify.com", sandbox_url]))
    fields = {
        "api_key": escape(api_key),
        "app_bridge": escape(bridge),
        "positions": "\n".join(_position_input(position, name) for position, name in _NAMES.items()),
    }
    # App Bridge talks to the admin around it by messages, and to Shopify for the session token.
    policy = {
        "script-src": origin,
        "img-src": "data:",
        "connect-src": f"'self' {origin} {sandbox_url or 'https://*.shopify.com'}",
        "frame-ancestors": frames,
    }
    return compose_document("watermark.html", "watermark.css", "watermark.js", fields, policy)


def _position_input(position: Position, name: str) -> str:
    checked = " checked" if position is Position.BOTTOM_RIGHT else ""
    return f'<label class="line"><input type="radio" name="position" value="{position.value}"{checked}>{name}</label>'
