"""The studio's two pages: the shopper's in the storefront, the merchant's console in Shopify's admin."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.integrations.shopify import app_bridge
from chalicelib.kit import config
from chalicelib.kit.front_door import Link, Person
from chalicelib.kit.pagination import PageRequest
from chalicelib.kit.web import Document
from chalicelib.shops.service import Shopper, app_key, list_installed_shops, parse_shop_domain
from chalicelib.studio.errors import ProductNotFound
from chalicelib.studio.pages.console.page import Surroundings, console_page
from chalicelib.studio.pages.storefront import page as storefront
from chalicelib.studio.service.auth import APP
from chalicelib.studio.service.storefront import read_offer

MOST_LINKED_SHOPS = 3
ABOUT_ADMIN = "Set the studio up: products, styles, watermark; look at orders and usage."


def storefront_page(shopper: Shopper, shopify_product_id: str) -> Document:
    """Return the page to make an image for a product; a 404 page if the product is not enabled."""
    try:
        offer = read_offer(shopper, shopify_product_id)
    except ProductNotFound:
        return storefront.nothing_offered_page(shopper.path_prefix)
    return storefront.offer_page(offer, shopper.path_prefix, storage.origins(config.settings().images_bucket))


def merchant_page(shop: str) -> Document:
    """Return the merchant's console; only the admin of `shop` may frame it. Raises AppNotFound if the app is unknown."""
    settings, domain = config.settings(), parse_shop_domain(shop)
    sandbox_url = settings.vendor_base_urls.get("shopify")
    host = domain or "admin.shopify.com"  # without a shop the page can read nothing and links to nothing
    surroundings = Surroundings(
        storefront_url=_storefront_url(host),
        bucket=storage.origins(settings.images_bucket),
        image_model=settings.image_model,
    )
    return console_page(app_bridge.embed(app_key(APP), domain, sandbox_url), surroundings)


def list_front_door_links() -> list[Link]:
    """Return the storefront and the admin of the shops that installed the app first."""
    shops = list_installed_shops(APP, PageRequest(limit=MOST_LINKED_SHOPS)).items
    links = [Link(Person.SHOPPER, shop, _storefront_url(shop), "From a photo to a paid order.") for shop in shops]
    return links + [
        Link(Person.MERCHANT, f"Admin of {shop}", f"{_storefront_url(shop)}/admin/apps/{APP}", ABOUT_ADMIN)
        for shop in shops
    ]


def _storefront_url(shop: str) -> str:
    sandbox_url = config.settings().vendor_base_urls.get("shopify")
    return f"{sandbox_url}/{shop}" if sandbox_url else f"https://{shop}"
