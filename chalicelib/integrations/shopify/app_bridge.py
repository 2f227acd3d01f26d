"""What a page inside Shopify's admin needs: App Bridge's script, and who may frame the page.

Sources: shopify.dev/docs/api/app-bridge-library, shopify.dev/docs/apps/build/security/set-up-iframe-protection.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

APP_BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
"""Shopify requires this URL for App Bridge."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """The parts of an embedded page: HTML for its head, and sources for its Content-Security-Policy."""

    head: str
    policy: dict[str, str]


def embed(api_key: str, shop: str | None, sandbox_url: str | None = None) -> Embedding:
    """Return what a page needs in Shopify's admin; App Bridge identifies the app by its `api_key`.

    Only the admin of `shop` may frame the page. `sandbox_url` is the base URL of the Shopify sandbox, if there is one.
    """
    bridge = f"{sandbox_url}/app-bridge.js" if sandbox_url else APP_BRIDGE
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(bridge))
    frames = filter(None, [f"https://{shop}" if shop else None, "https://admin.shopify.com", sandbox_url])
    head = f'<meta name="shopify-api-key" content="{escape(api_key)}">\n<script src="{escape(bridge)}"></script>\n'
    # App Bridge talks to the admin around the page by messages, and to Shopify for the session token.
    policy = {
        "script-src": origin,
        "connect-src": f"'self' {origin}" if sandbox_url else f"'self' {origin} https://*.shopify.com",
        "frame-ancestors": " ".join(frames),
    }
    return Embedding(head, policy)
