"""The studio's two pages: the shopper's in the storefront, the merchant's console in Shopify's admin."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.integrations.shopify import app_bridge
from chalicelib.kit import config
from chalicelib.kit.web import Document
from chalicelib.shops.service import Shopper, app_key, parse_shop_domain
from chalicelib.studio.errors import ProductNotFound
from chalicelib.studio.pages import storefront
from chalicelib.studio.pages.console.page import Surroundings, console_page
from chalicelib.studio.service.auth import APP
from chalicelib.studio.service.storefront import read_offer


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
        storefront_url=f"{sandbox_url}/{host}" if sandbox_url else f"https://{host}",
        bucket=storage.origins(settings.images_bucket),
        image_model=settings.image_model,
    )
    return console_page(app_bridge.embed(app_key(APP), domain, sandbox_url), surroundings)
