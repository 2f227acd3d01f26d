"""Pages that are the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kit import config
from chalicelib.shops.service import app_key, known_shop
from chalicelib.studio import watermark_page
from chalicelib.studio.service.callers import APP


@dataclass(frozen=True, slots=True)
class WebPage:
    """A document and what goes with it."""

    html: str
    headers: dict[str, str]


def watermark_page_of(shop: str) -> WebPage:
    """The merchant's page, to be framed by the admin of `shop` where that is a shop's domain. Raises UnknownApp."""
    stand_in = config.settings().peers.get("shopify")
    bridge = f"{stand_in}/app-bridge.js" if stand_in else watermark_page.APP_BRIDGE
    html = watermark_page.render(app_key(APP), bridge)
    return WebPage(html, watermark_page.headers(known_shop(shop), stand_in))
