"""The studio's two pages: for shoppers in the storefront, for merchants in the admin."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.kit import config
from chalicelib.shops.service import Shopper, app_key, parse_shop_domain
from chalicelib.studio.errors import ProductNotFound
from chalicelib.studio.pages import storefront, watermark
from chalicelib.studio.pages.document import Document
from chalicelib.studio.service.auth import APP
from chalicelib.studio.service.storefront import read_offer


def storefront_page_of(shopper: Shopper, shopify_product_id: str) -> Document:
    """The page on which a shopper makes an image for a product; another where nothing can be made."""
    try:
        offer = read_offer(shopper, shopify_product_id)
    except ProductNotFound:
        return storefront.nothing_offered(shopper.path_prefix)
    return storefront.offering(offer, shopper.path_prefix, storage.origins(config.settings().images_bucket))


def watermark_page_of(shop: str) -> Document:
    """The merchant's page, to be framed by the admin of `shop` where that is a shop's domain. Raises AppNotFound."""
    return watermark.setting(app_key(APP), parse_shop_domain(shop), config.settings().vendor_base_urls.get("shopify"))
