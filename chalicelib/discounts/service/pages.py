"""The merchant's pages in Shopify's admin, and their links on the front door."""

from __future__ import annotations

from chalicelib.discounts.pages.console.page import Screen, console_page
from chalicelib.discounts.service.auth import APP
from chalicelib.integrations.shopify import app_bridge
from chalicelib.kit import config
from chalicelib.kit.front_door import Link, Person
from chalicelib.kit.pagination import PageRequest
from chalicelib.kit.web import Document
from chalicelib.shops.service import app_key, list_installed_shops, parse_shop_domain

MOST_LINKED_SHOPS = 3
ABOUT_ADMIN = "Set prices for SKUs; see their results; read advice."


def merchant_page(screen: Screen, shop: str) -> Document:
    """Return a page of the app; only the admin of `shop` may frame it. Raises AppNotFound if the app is unknown."""
    sandbox_url = config.settings().vendor_base_urls.get("shopify")
    return console_page(screen, app_bridge.embed(app_key(APP), parse_shop_domain(shop), sandbox_url))


def list_front_door_links() -> list[Link]:
    """Return the admin of the shops that installed the app first."""
    shops = list_installed_shops(APP, PageRequest(limit=MOST_LINKED_SHOPS)).items
    sandbox_url = config.settings().vendor_base_urls.get("shopify")
    roots = [(shop, f"{sandbox_url}/{shop}" if sandbox_url else f"https://{shop}") for shop in shops]
    return [
        Link(Person.MERCHANT, f"Discounts of {shop}", f"{root}/admin/apps/{APP}", ABOUT_ADMIN) for shop, root in roots
    ]
